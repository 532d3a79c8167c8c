"""Routes of annual fees (年费)."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Response

from services.ipr.right.api.right import RightNamed, named, owner_names
from services.ipr.right.models.right import Right
from services.ipr.right.rules import annuity as rules
from services.ipr.right.rules.annuity import Annuity, FeeCase, FeeStatus, Payers
from services.ipr.right.rules.right_kind import PATENT_KINDS, RightKind
from services.ipr.right.rules.right_status import IN_FORCE
from services.ipr.right.store import annuity as annuities
from services.ipr.right.store import right as store
from shared.db.holiday_notice import work_calendar
from shared.db.selection import Chosen
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND
from shared.kernel.shape import Read
from shared.policy.book import RuleBook
from shared.policy.number import parameter_numbers
from shared.policy.number_read import NumberRead
from shared.policy.rule_set import RuleSet
from shared.web.answer import answered
from shared.web.counts import add_counts
from shared.web.edge import Book, Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

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


class AnnuityListed(RightNamed):
    """The fees of one patent in force, without any reduction: which one is due next, which one is in its grace."""

    filed_on: date
    granted_on: date
    next: AnnuityRead | None
    in_grace: AnnuityRead | None


COLUMNS = columns(
    "right_no_display",
    "title",
    "right_kind",
    "owner_names",
    "filed_on",
    "granted_on",
    "patent_year",
    "pay_from_on",
    "due_on",
    "full_fee_fen",
    "fee_status",
    "late_patent_year",
    "late_full_fee_fen",
    "late_surcharge_fen",
    "late_grace_until_on",
    "late_lost_from_on",
)
_NEXT = ("patent_year", "pay_from_on", "due_on", "full_fee_fen", "fee_status")
_LATE = ("patent_year", "full_fee_fen", "surcharge_fen", "grace_until_on", "lost_from_on")
Wanted = Annotated[Chosen, Depends(chosen_from(annuities.LIST))]
add_counts(router, annuities.LIST, noun="annuities", scope="ipr.right:read", row="enterprise", title="专利年费清单")


async def _listed(tx: Tx, book: RuleBook, rows: Sequence[Any]) -> list[AnnuityListed]:
    rule_set, calendar = book.pick(rules.POLICY, tx.today), await work_calendar(tx)
    listed = []
    for row in rows:
        case = _case(row, Payers.NOT_ELIGIBLE)
        if case is None:
            continue
        late = rules.in_grace(case, tx.today, rule_set, calendar)
        due = rules.next_due(case, tx.today, rule_set, calendar)
        listed.append(
            AnnuityListed.of(
                row,
                **named(row),
                next=None if due is None else _read(due),
                in_grace=None if late is None else _read(late),
            )
        )
    return listed


@router.get("/annuities", response_model=PageOf[AnnuityListed])
@edge(scope="ipr.right:read", row="enterprise", summary_zh="专利年费清单")
async def list_annuities(paging: Paging, tx: Tx, book: Book, wanted: Wanted) -> Response:
    """List the patents in force with the fee that each owes next, by number unless asked otherwise."""
    found = await annuities.LIST.page(tx, wanted, paging.wanted())
    return page(paging, await _listed(tx, book, found.rows), found.next_key)


@router.get("/exports/annuities.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="ipr.right:read", row="enterprise", summary_zh="导出专利年费清单", audited=True)
async def export_annuities(file_format: Format, tx: Tx, book: Book, wanted: Wanted) -> Response:
    """Export what a list of annual fees with the same filters would show, as CSV or XLSX."""

    async def taken(rows: Sequence[Right]) -> list[dict[str, Any]]:
        return [_flat(one) for one in await _listed(tx, book, rows)]

    return await export_list(
        tx,
        annuities.LIST.batches(tx, wanted),
        taken,
        COLUMNS,
        format=file_format,
        noun="annuities",
        title="专利年费",
    )


def _flat(one: AnnuityListed) -> dict[str, Any]:
    """Return a row of the export: the fee that is due next, and beside it the one whose grace runs."""
    return {
        **dict(one),
        "owner_names": owner_names(one.owners),
        **{name: getattr(one.next, name, None) for name in _NEXT},
        **{f"late_{name}": getattr(one.in_grace, name, None) for name in _LATE},
    }


@router.get(
    "/ip-rights/{right_id}/annuities",
    response_model=AnnuitiesRead,
    responses=refusals(NOT_FOUND, rules.ANNUITY_NOT_DUE),
)
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
    case = _case(right, payers, open_licence=open_licence)
    if case is None:
        raise Refusal(rules.ANNUITY_NOT_DUE)
    rule_set = book.pick(rules.POLICY, tx.today)
    calendar = await work_calendar(tx)
    late = rules.in_grace(case, tx.today, rule_set, calendar)
    due = rules.next_due(case, tx.today, rule_set, calendar)
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


def _case(right: Right, payers: Payers, *, open_licence: bool = False) -> FeeCase | None:
    """Return what the fees of a right depend on, None for a right that has none."""
    in_force = right.legal_status in IN_FORCE and right.kind in PATENT_KINDS
    if not in_force or right.filed_on is None or right.granted_on is None:
        return None
    return FeeCase(
        kind=right.kind,
        filed_on=right.filed_on,
        granted_on=right.granted_on,
        payers=payers,
        ends_on=right.ends_on,
        open_licence=open_licence,
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
