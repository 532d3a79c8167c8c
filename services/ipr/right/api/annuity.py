"""Routes of annual fees (年费)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.ipr.right.rules import annuity as rules
from services.ipr.right.rules.annuity import Annuity, FeeCase, FeeStatus, Payers
from services.ipr.right.rules.right_kind import PATENT_KINDS, RightKind
from services.ipr.right.rules.right_status import IN_FORCE
from services.ipr.right.store import right as store
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND
from shared.kernel.shape import Read
from shared.policy.number import parameter_numbers
from shared.policy.number_read import NumberRead
from shared.policy.rule_set import RuleSet
from shared.web.answer import answered
from shared.web.edge import Book, Tx, edge, edge_router, refusals

_TARIFF = "_fee_by_year_fen"
router = edge_router(tags=["ip-rights"])


class AnnuityRead(Read):
    """The fee of one patent year in fen. Unpaid to `grace_until_on`, the right is lost from `lost_from_on` on.

    `fee_fen` is null where `fee_status` is NOT_FOUND: the fee is due, its amount was not found.
    """

    patent_year: int
    fee_status: FeeStatus
    full_fee_fen: int | None
    fee_fen: int | None
    pay_from_on: date
    due_on: date
    grace_until_on: date
    surcharge_fen: int | None
    lost_from_on: date
    days_assumed: bool
    note_zh: str | None
    note_en: str | None


class AnnuitiesRead(Read):
    """What is due next, and what is owed today if the fee of the running year was not paid; payments are not known."""

    right_id: UUID
    as_of_on: date
    payers: Payers
    next: AnnuityRead | None
    in_grace: AnnuityRead | None
    rule_set_version: str
    rule_set_sha256: str
    numbers: list[NumberRead]


@router.get("/ip-rights/{right_id}/annuities", response_model=AnnuitiesRead, responses=refusals(rules.ANNUITY_NOT_DUE))
@edge(scope="ipr.right:read", row="enterprise", summary_zh="专利年费：下次应缴与补缴期")
async def read_annuities(
    right_id: UUID,
    tx: Tx,
    book: Book,
    payers: Annotated[
        Payers, Query(description="缴费人是否可减缴 / whether the payers are eligible for the reduction")
    ] = Payers.NOT_ELIGIBLE,
    *,
    open_licence: Annotated[
        bool, Query(description="是否处于开放许可实施期间 / whether an open licence is being carried out")
    ] = False,
) -> Response:
    """Show which annual fee of a patent is due next and which one is in its grace today, years 21 on included."""
    right = await store.find(tx, right_id)
    if right is None:
        raise Refusal(NOT_FOUND, noun="ip_right")
    in_force = right.legal_status in IN_FORCE and right.kind in PATENT_KINDS
    if not in_force or right.filed_on is None or right.granted_on is None:
        raise Refusal(rules.ANNUITY_NOT_DUE)
    rule_set = book.pick(rules.POLICY, tx.today)
    case = FeeCase(
        kind=right.kind,
        filed_on=right.filed_on,
        granted_on=right.granted_on,
        payers=payers,
        ends_on=right.ends_on,
        open_licence=open_licence,
    )
    late, due = rules.in_grace(case, tx.today, rule_set), rules.next_due(case, tx.today, rule_set)
    return answered(
        AnnuitiesRead(
            right_id=right_id,
            as_of_on=tx.today,
            payers=payers,
            next=None if due is None else _read(due),
            in_grace=None if late is None else _read(late),
            rule_set_version=rule_set.version,
            rule_set_sha256=rule_set.sha256,
            numbers=[NumberRead.of(one) for one in parameter_numbers(rule_set, _shown(right.kind, rule_set))],
        )
    )


def _shown(kind: RightKind, rule_set: RuleSet) -> list[str]:
    """Return the numbers behind an answer: the tariff of the kind and every rule that holds for all kinds."""
    tariff = "_fee_by_year_fen"
    return [
        name for name in rule_set.parameters if not name.endswith(tariff) or name == f"{kind.value.lower()}{tariff}"
    ]


def _read(annuity: Annuity) -> AnnuityRead:
    unknown = annuity.fee_status is FeeStatus.NOT_FOUND
    return AnnuityRead.of(
        annuity,
        note_zh=rules.NOT_FOUND_ZH if unknown else None,
        note_en=rules.NOT_FOUND_EN if unknown else None,
    )
