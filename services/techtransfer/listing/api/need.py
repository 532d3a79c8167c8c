"""Routes of needs (技术需求)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel

from services.techtransfer.listing.api.listing import (
    SHARED_COLUMNS,
    TERMS_REFUSED,
    ContactRead,
    ListingGrounds,
    ListingState,
    ReviewRequest,
    WithdrawRequest,
    answered,
    contact_of,
    grounds,
    merged,
    patch_of,
    seen_by,
)
from services.techtransfer.listing.models.need import Need
from services.techtransfer.listing.rules import listing as listing_rules
from services.techtransfer.listing.rules import need as rules
from services.techtransfer.listing.rules.listing_list import NEEDS
from services.techtransfer.listing.rules.need import NeedTerms
from services.techtransfer.listing.store import need as store
from services.techtransfer.listing.usecases import listing as listing_usecases
from services.techtransfer.listing.usecases import need as usecases
from shared.db.selection import Chosen
from shared.kernel.actor import Actor
from shared.kernel.ids import new_id
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND, PRECONDITION_FAILED, PRECONDITION_REQUIRED
from shared.kernel.shape import Read
from shared.kernel.types import LooseUsccOrNone, ShortText
from shared.policy.book import RuleBook
from shared.web.answer import composed
from shared.web.conditional import IfMatch
from shared.web.counts import add_counts
from shared.web.edge import Book, Shelf, Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns_as_imported, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

router = edge_router(tags=["needs"])

if TYPE_CHECKING:
    NeedPatch = BaseModel
else:
    NeedPatch = patch_of("NeedPatch", NeedTerms)
COLUMNS = columns_as_imported(
    NEEDS,
    *SHARED_COLUMNS,
    "problem",
    "core_indicators",
    "trl_wanted",
    "budget_fen",
    "solution_months",
    "ip_ownership",
    "solver_conditions",
)
Wanted = Annotated[Chosen, Depends(chosen_from(store.LIST))]
add_counts(router, store.LIST, noun="needs", scope="transfer.listing:read", row="any", title="技术需求清单")


class AskRead(Read):
    """Something the poster is asked to add; nothing is refused for it."""

    field: str
    text_zh: str
    text_en: str


class NeedRead(NeedTerms, ListingState):
    """A need as its reader may see it; fields named in `hidden_fields` are null; `asks` are for insiders."""

    party_uscc: LooseUsccOrNone = None  # type: ignore[assignment]  # null where the poster hides the party
    core_indicators: list[ShortText] | None = None  # type: ignore[assignment]  # 〃
    asks: list[AskRead]


class NeedDetail(NeedRead, ListingGrounds):
    """A need with what its days follow from."""


def detailed(need: Need, actor: Actor, book: RuleBook) -> NeedDetail:
    """Return a need as the actor may see it, with what its days follow from."""
    return NeedDetail.of(shown(need, actor), **grounds(book, need, actor))


def shown(need: Need, actor: Actor) -> NeedRead:
    """Return a need as the actor may see it."""
    seen = seen_by(actor, need)
    asks = [] if seen["hidden_fields"] else [AskRead.of(ask) for ask in rules.open_asks(need)]
    return NeedRead.of(need, **seen, asks=asks)


async def _listed(tx: Tx, rows: Sequence[Need]) -> list[NeedRead]:
    return [shown(row, tx.actor) for row in rows]


@router.post("/needs", status_code=201, response_model=NeedDetail, responses=refusals(*TERMS_REFUSED))
@edge(scope="transfer.listing:write", row="agency", summary_zh="登记技术需求（草稿）", tells=False)
async def post_need(body: NeedTerms, tx: Tx, book: Book) -> Response:
    """Post a need as a draft; an agency posts for others with a letter of authority."""
    rule_set = book.pick(listing_rules.POLICY, tx.today)
    need = await usecases.post_need(tx, body, need_id=new_id(), rule_set=rule_set)
    return answered(detailed(need, tx.actor, book), path="needs")


@router.get("/needs", response_model=PageOf[NeedRead])
@edge(scope="transfer.listing:read", row="any", summary_zh="技术需求清单")
async def list_needs(paging: Paging, tx: Tx, wanted: Wanted) -> Response:
    """List published needs and one's own, newest first unless asked otherwise."""
    found = await store.LIST.page(tx, wanted, paging.wanted())
    return page(paging, await _listed(tx, found.rows), found.next_key)


@router.get("/exports/needs.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="transfer.listing:read", row="any", summary_zh="导出技术需求清单", audited=True)
async def export_needs(file_format: Format, tx: Tx, wanted: Wanted) -> Response:
    """Export what a list of needs with the same filters would show, as CSV or XLSX; hidden fields are empty."""
    return await export_list(
        tx,
        store.LIST.batches(tx, wanted),
        lambda rows: _listed(tx, rows),
        COLUMNS,
        format=file_format,
        noun="needs",
        title="技术需求",
    )


@router.get("/needs/{need_id}", response_model=NeedDetail, responses=refusals(NOT_FOUND))
@edge(scope="transfer.listing:read", row="any", summary_zh="查看技术需求")
async def read_need(need_id: UUID, tx: Tx, book: Shelf) -> Response:
    """Read one need; another's unpublished one is not found."""
    need = await listing_usecases.load(tx, Need, need_id)
    return composed(detailed(need, tx.actor, book), version=need.version)


@router.get("/needs/{need_id}/contact", responses=refusals(NOT_FOUND))
@edge(scope="transfer.listing:read", row="any", summary_zh="查看技术需求联系人（留痕）", audited=True)
async def read_need_contact(need_id: UUID, tx: Tx) -> ContactRead:
    """Read the contact of a need in full; every reading is recorded."""
    return contact_of(await listing_usecases.read_contact(tx, Need, need_id))


@router.patch(
    "/needs/{need_id}",
    response_model=NeedDetail,
    responses=refusals(
        NOT_FOUND,
        *TERMS_REFUSED,
        listing_rules.LISTING_STATE_CONFLICT,
        FORBIDDEN_ROLE,
        PRECONDITION_FAILED,
        PRECONDITION_REQUIRED,
    ),
)
@edge(scope="transfer.listing:write", row="agency", summary_zh="修改技术需求", tells=False)
async def change_need(need_id: UUID, body: NeedPatch, seen: IfMatch, tx: Tx, book: Book) -> Response:
    """Change a draft or a returned need."""
    need = await listing_usecases.load_to_manage(tx, Need, need_id)
    seen.check(need.version)
    rule_set = book.pick(listing_rules.POLICY, tx.today)
    terms = merged(NeedTerms, need, body)
    return answered(detailed(await usecases.change_need(tx, need, terms, rule_set=rule_set), tx.actor, book))


@router.post(
    "/needs/{need_id}:submit",
    response_model=NeedDetail,
    responses=refusals(NOT_FOUND, listing_rules.LISTING_STATE_CONFLICT, FORBIDDEN_ROLE),
)
@edge(scope="transfer.listing:write", row="agency", summary_zh="提交技术需求审核")
async def submit_need(need_id: UUID, tx: Tx, book: Book) -> Response:
    """Hand a need to review."""
    rule_set = book.pick(listing_rules.POLICY, tx.today)
    return answered(detailed(await listing_usecases.submit_listing(tx, Need, need_id, rule_set), tx.actor, book))


@router.post(
    "/needs/{need_id}:review",
    response_model=NeedDetail,
    responses=refusals(
        NOT_FOUND,
        listing_rules.LISTING_STATE_CONFLICT,
        listing_rules.REVIEWER_IS_POSTER,
        listing_rules.REVIEW_HELD_BY_ANOTHER,
        listing_rules.RETURN_NOTE_MISSING,
        FORBIDDEN_ROLE,
    ),
)
@edge(scope="transfer.listing:review", row="unit", summary_zh="审核技术需求：受理、退回或发布")
async def review_need(need_id: UUID, body: ReviewRequest, tx: Tx, book: Shelf) -> Response:
    """Take up, return or publish a need; nobody reviews what they posted."""
    reviewed = await listing_usecases.review_listing(tx, Need, need_id, body.decision, note=body.note)
    return answered(detailed(reviewed, tx.actor, book))


@router.post(
    "/needs/{need_id}:withdraw",
    response_model=NeedDetail,
    responses=refusals(NOT_FOUND, listing_rules.LISTING_STATE_CONFLICT, FORBIDDEN_ROLE),
)
@edge(scope="transfer.listing:write", row="agency", summary_zh="撤回技术需求")
async def withdraw_need(need_id: UUID, body: WithdrawRequest, tx: Tx, book: Shelf) -> Response:
    """Take a need back for good."""
    withdrawn = await listing_usecases.withdraw_listing(tx, Need, need_id, reason=body.reason)
    return answered(detailed(withdrawn, tx.actor, book))
