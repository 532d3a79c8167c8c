"""Routes of IP rights (知识产权)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from services.ipr.right.models.right import Right
from services.ipr.right.rules import right as rules
from services.ipr.right.rules import right_act as act_rules
from services.ipr.right.rules import right_kind as kind_rules
from services.ipr.right.rules import right_owner as owner_rules
from services.ipr.right.rules import right_status as status_rules
from services.ipr.right.rules import right_term as term_rules
from services.ipr.right.rules.blemish import BlemishKind, OpenBlemish
from services.ipr.right.rules.portfolio import POLICY as PORTFOLIO_POLICY
from services.ipr.right.rules.portfolio import is_high_value
from services.ipr.right.rules.right import (
    Attestation,
    HighValueGround,
    HighValueMark,
    RightDraft,
    RightTerms,
    TermExtension,
)
from services.ipr.right.rules.right_act import RightStanding
from services.ipr.right.rules.right_kind import KIND_ZH, RightKind, display_number
from services.ipr.right.rules.right_list import FORM
from services.ipr.right.rules.right_owner import WHOLE_PPM, Transfer
from services.ipr.right.rules.right_status import LegalStatus
from services.ipr.right.rules.right_term import months_left
from services.ipr.right.store import right as store
from services.ipr.right.store.right import RightRow
from services.ipr.right.usecases import right as usecases
from shared.db.selection import Chosen
from shared.db.transaction import Transaction
from shared.kernel.action import ActionRead, actions
from shared.kernel.errors import Refusal
from shared.kernel.evidence import EvidenceLevel
from shared.kernel.ids import new_id
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND
from shared.kernel.shape import Read
from shared.policy.book import RuleBook
from shared.policy.number_read import NumberRead, numbers_of
from shared.web.answer import answered, composed
from shared.web.counts import add_counts
from shared.web.document import Evidences, EvidenceShown
from shared.web.edge import Book, Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns_as_imported, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

router = edge_router(tags=["ip-rights"])
REGISTER_REFUSED = (
    kind_rules.RIGHT_NO_INVALID,
    kind_rules.RIGHT_NO_OF_OTHER_KIND,
    owner_rules.OWNER_TWICE,
    owner_rules.OWNER_SHARES_NOT_WHOLE,
    rules.OWNER_NOT_CALLER,
    rules.RIGHT_ALREADY_RECORDED,
    rules.RIGHT_DATES_DISAGREE,
    rules.HIGH_VALUE_KIND,
    term_rules.TERM_DATE_MISSING,
    status_rules.STATUS_KIND_HAS_NO_FEE,
    status_rules.STATUS_MOVE_IN_FUTURE,
    FORBIDDEN_ROLE,
)
COLUMNS = columns_as_imported(
    FORM,
    "kind",
    "right_no",
    "title",
    "legal_status",
    "status_effective_on",
    "owners",
    "owner_names",
    "filed_on",
    "published_on",
    "granted_on",
    "stated_ends_on",
    "ends_on",
    "months_left",
    "high_value",
    "blemished",
    "evidence_level",
)
Wanted = Annotated[Chosen, Depends(chosen_from(store.LIST))]
add_counts(router, store.LIST, noun="ip-rights", scope="ipr.right:read", row="enterprise", title="知识产权清单")


class OwnerRead(Read):
    """One owner with the name that the registry told."""

    uscc: str
    name: str | None
    share_ppm: int


class RightRead(RightTerms, Read):
    """A right as it stands today.

    `ends_on` is its last day, `months_left` the whole months to it (null without an end); `counts_as` is the level of
    its evidence.
    """

    id: UUID
    kind_zh: str
    right_no_display: str
    legal_status: LegalStatus
    status_since_on: date
    extended_until_on: date | None
    ends_on: date | None
    months_left: int | None
    owners: list[OwnerRead]
    high_value: bool
    high_value_grounds: list[HighValueGround]
    blemished: bool
    evidence_level: EvidenceLevel
    evidence: EvidenceShown
    entered_by: str
    version: int
    created_at: datetime
    updated_at: datetime


class RightDetail(RightRead):
    """A right with what its reader may do now, and the numbers that its last day follows from.

    There are no numbers where a document or an extension states the day.
    """

    numbers: list[NumberRead]
    actions: list[ActionRead]


class RightNamed(Read):
    """Which right a row of another list is about."""

    right_id: UUID
    right_kind: RightKind
    right_no: str
    right_no_display: str
    title: str
    owners: list[OwnerRead]


def named(row: Any) -> dict[str, Any]:  # noqa: ANN401  # a row beside which `NAMED_BESIDE` stands
    """Return how the right of a row is named in another list, with the names of its owners."""
    return {
        "right_no_display": display_number(row.right_kind, row.right_no),
        "owners": owners_in(row.owners),
    }


def owners_in(owners: Sequence[Sequence[Any]]) -> list[OwnerRead]:
    """Return the owners of a right as `OWNERS` reads them."""
    return [OwnerRead(uscc=uscc, share_ppm=share_ppm, name=name) for uscc, share_ppm, name in owners]


def owner_names(owners: Sequence[OwnerRead]) -> list[str]:
    """Return the names of owners, the code where the registry told none."""
    return [one.name or one.uscc for one in owners]


def shown(rights: Sequence[Any], book: RuleBook, today: date) -> list[RightRead]:
    """Return rights as they are answered, from rows beside which `BESIDE` stands."""
    rule_set = book.pick(PORTFOLIO_POLICY, today)
    evidences = Evidences.beside("ipr", rights)
    return [
        RightRead.of(
            right,
            evidence=evidences.shown(right.evidence, right.entered_by),
            kind_zh=KIND_ZH[right.kind],
            right_no_display=display_number(right.kind, right.right_no),
            months_left=months_left(right.ends_on, today),
            owners=owners_in(right.owners),
            high_value=is_high_value(store.held_right(right, share_ppm=WHOLE_PPM), rule_set, today),
            high_value_grounds=sorted(HighValueGround(ground) for ground in right.grounds),
        )
        for right in rights
    ]


async def answer_right(tx: Transaction, right: Right, book: RuleBook, *, status: int = 200) -> Response:
    """Answer with a right that was changed; a created one names where it lives."""
    location = f"/v1/ip-rights/{right.id}" if status == 201 else None  # noqa: PLR2004  # Created
    found = await store.page_of(tx, right.id)
    return answered(detailed(tx, found, book), status=status, location=location, version=found.version)


def detailed(tx: Transaction, right: RightRow, book: RuleBook) -> RightDetail:
    """Return one right with the numbers behind its last day, and what the caller may do with it."""
    facts = rules.term_facts(store.terms_of(right), right.extended_until_on)
    start = term_rules.start_of_term(facts)
    numbers: list[NumberRead] = []
    if start is not None and right.ends_on is not None:
        numbers = numbers_of(book.find(term_rules.POLICY, start), term_rules.term_parameters(facts))
    read = shown([right], book, tx.today)[0]
    return RightDetail.of(read, numbers=numbers, actions=offered(tx, right))


def offered(tx: Transaction, right: RightRow) -> list[ActionRead]:
    """Return what the caller may do with a right now."""
    cases = tuple(OpenBlemish(BlemishKind(kind), date.fromisoformat(day)) for kind, day in right.open_cases)
    case = RightStanding(right.kind, right.legal_status, right.evidence_level, cases)
    return actions(act_rules.ACTS, case, tx.actor, act_rules.BODIES)


@router.post("/ip-rights", status_code=201, response_model=RightDetail, responses=refusals(*REGISTER_REFUSED))
@edge(scope="ipr.right:write", row="enterprise", summary_zh="登记知识产权")
async def register_right(body: RightDraft, tx: Tx, book: Book) -> Response:
    """Record a right: the IP centre on evidence, an enterprise as its own declaration, which counts once attested."""
    right = await usecases.register_right(tx, body, book, right_id=new_id(), move_id=new_id())
    return await answer_right(tx, right, book, status=201)


@router.get("/ip-rights", response_model=PageOf[RightRead])
@edge(scope="ipr.right:read", row="enterprise", summary_zh="知识产权清单")
async def list_rights(paging: Paging, tx: Tx, book: Book, wanted: Wanted) -> Response:
    """List the rights the caller may see, newest first unless asked otherwise."""
    found = await store.LIST.page(tx, wanted, paging.wanted())
    return page(paging, shown(found.rows, book, tx.today), found.next_key)


@router.get("/exports/ip-rights.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="ipr.right:read", row="enterprise", summary_zh="导出知识产权清单", audited=True)
async def export_rights(file_format: Format, tx: Tx, book: Book, wanted: Wanted) -> Response:
    """Export what a list of rights with the same filters would show, as CSV or XLSX."""

    async def taken(rows: Sequence[Any]) -> list[dict[str, Any]]:
        return [_flat(one) for one in shown(rows, book, tx.today)]

    return await export_list(
        tx,
        store.LIST.batches(tx, wanted),
        taken,
        COLUMNS,
        format=file_format,
        noun="ip-rights",
        title="知识产权",
    )


def _flat(right: RightRead) -> dict[str, Any]:
    """Return a right as a row of a list of rights, which an import takes back."""
    return {
        **dict(right),
        "right_no": right.right_no_display,
        "owners": owners_in_words(right.owners),
        "owner_names": owner_names(right.owners),
        "status_effective_on": right.status_since_on,
    }


def owners_in_words(owners: Sequence[OwnerRead]) -> list[str]:
    """Return owners as a list of rights names them: the code, and the share in per cent."""
    return [f"{one.uscc}:{one.share_ppm // 10_000}.{one.share_ppm % 10_000:04d}%" for one in owners]


@router.get("/ip-rights/{right_id}", response_model=RightDetail, responses=refusals(NOT_FOUND))
@edge(scope="ipr.right:read", row="enterprise", summary_zh="查看知识产权")
async def read_right(right_id: UUID, tx: Tx, book: Book) -> Response:
    """Show one right; its history stands under `/history`."""
    right = await store.find_page(tx, right_id)
    if right is None:
        raise Refusal(NOT_FOUND, noun="ip_right")
    return composed(detailed(tx, right, book), version=right.version)


@router.post(
    "/ip-rights/{right_id}:transfer",
    response_model=RightDetail,
    responses=refusals(
        NOT_FOUND,
        owner_rules.OWNER_TWICE,
        owner_rules.OWNER_SHARES_NOT_WHOLE,
        owner_rules.RIGHT_NOT_TRANSFERABLE,
        owner_rules.TRANSFER_CHANGES_NOTHING,
        owner_rules.TRANSFER_BEFORE_LAST,
        status_rules.STATUS_EVIDENCE_TOO_WEAK,
        status_rules.STATUS_MOVE_IN_FUTURE,
        FORBIDDEN_ROLE,
    ),
)
@edge(scope="ipr.right:move", row="any", summary_zh="登记权利转移")
async def transfer_right(right_id: UUID, body: Transfer, tx: Tx, book: Book) -> Response:
    """Record a transfer on its official notice; `owners` are all owners after it."""
    right = await usecases.transfer_right(tx, right_id, body, book, transfer_id=new_id())
    return await answer_right(tx, right, book)


@router.post(
    "/ip-rights/{right_id}:attest",
    response_model=RightDetail,
    responses=refusals(NOT_FOUND, rules.ATTEST_NOT_STRONGER, FORBIDDEN_ROLE),
)
@edge(scope="ipr.right:move", row="any", summary_zh="核验企业申报的权利")
async def attest_right(right_id: UUID, body: Attestation, tx: Tx, book: Book) -> Response:
    """Raise the evidence of a declared right, so that it counts in portfolios."""
    right = await usecases.attest_right(tx, right_id, body, book, row_id=new_id())
    return await answer_right(tx, right, book)


@router.post(
    "/ip-rights/{right_id}:extend",
    response_model=RightDetail,
    responses=refusals(
        NOT_FOUND,
        term_rules.TERM_NOT_EXTENDABLE,
        term_rules.TERM_EXTENSION_INVALID,
        term_rules.TERM_DATE_MISSING,
        status_rules.STATUS_EVIDENCE_TOO_WEAK,
        FORBIDDEN_ROLE,
    ),
)
@edge(scope="ipr.right:move", row="any", summary_zh="登记商标续展或专利期限补偿")
async def extend_term(right_id: UUID, body: TermExtension, tx: Tx, book: Book) -> Response:
    """Record the renewal of a trademark or the compensation of an invention's term."""
    right = await usecases.extend_term(tx, right_id, body, book, row_id=new_id())
    return await answer_right(tx, right, book)


@router.post(
    "/ip-rights/{right_id}:mark-high-value",
    response_model=RightDetail,
    responses=refusals(NOT_FOUND, rules.HIGH_VALUE_KIND, status_rules.STATUS_EVIDENCE_TOO_WEAK, FORBIDDEN_ROLE),
)
@edge(scope="ipr.right:move", row="any", summary_zh="认定高价值发明专利")
async def mark_high_value(right_id: UUID, body: HighValueMark, tx: Tx, book: Book) -> Response:
    """Record one ground of high value; maintenance over ten years follows from the dates by itself."""
    return await answer_right(tx, await usecases.mark_high_value(tx, right_id, body, book), book)
