"""Routes of annual fees (年费)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel

from services.ipr.right.rules import annuity as rules
from services.ipr.right.rules.annuity import Annuity, FeeCase, Payers
from services.ipr.right.rules.right_status import IN_FORCE
from services.ipr.right.store import right as store
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND
from shared.web.answer import answered
from shared.web.edge import Book, Tx, edge, edge_router, refusals

router = edge_router(tags=["ip-rights 知识产权"])


class AnnuityRead(BaseModel):
    """The fee of one patent year in fen. Unpaid to `grace_until_on`, the right is lost from `lost_from_on` on."""

    patent_year: int
    fee_fen: int
    pay_from_on: date
    due_on: date
    grace_until_on: date
    surcharge_fen: int
    lost_from_on: date


class AnnuitiesRead(BaseModel):
    """What is due next, and what is owed today if the fee of the running year was not paid; payments are not known."""

    right_id: UUID
    as_of_on: date
    payers: Payers
    next: AnnuityRead | None
    in_grace: AnnuityRead | None
    rule_set_version: str
    rule_set_sha256: str


@router.get("/ip-rights/{right_id}/annuities", response_model=AnnuitiesRead, responses=refusals(rules.ANNUITY_NOT_DUE))
@edge(scope="ipr.right:read", row="enterprise", summary_zh="专利年费：下次应缴与补缴期")
async def read_annuities(
    right_id: UUID,
    tx: Tx,
    book: Book,
    payers: Annotated[
        Payers, Query(description="缴费人是否可减缴 / whether the payers are eligible for the reduction")
    ] = Payers.NOT_ELIGIBLE,
) -> Response:
    """Show which annual fee of a patent is due next and which one is in its grace today."""
    right = await store.find(tx, right_id)
    if right is None:
        raise Refusal(NOT_FOUND, noun="ip_right")
    if right.legal_status not in IN_FORCE or right.filed_on is None or right.granted_on is None:
        raise Refusal(rules.ANNUITY_NOT_DUE)
    rule_set = book.pick(rules.POLICY, tx.today)
    case = FeeCase(kind=right.kind, filed_on=right.filed_on, granted_on=right.granted_on, payers=payers)
    late, due = rules.in_grace(case, tx.today, rule_set), rules.next_due(case, tx.today, rule_set)
    if due is None and late is None:
        raise Refusal(rules.ANNUITY_NOT_DUE)
    return answered(
        AnnuitiesRead(
            right_id=right_id,
            as_of_on=tx.today,
            payers=payers,
            next=None if due is None else _read(due),
            in_grace=None if late is None else _read(late),
            rule_set_version=rule_set.version,
            rule_set_sha256=rule_set.sha256,
        )
    )


def _read(annuity: Annuity) -> AnnuityRead:
    return AnnuityRead.model_validate(annuity, from_attributes=True)
