"""Routes of achievements (科技成果)."""

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
from services.techtransfer.listing.models.achievement import Achievement
from services.techtransfer.listing.rules import achievement as rules
from services.techtransfer.listing.rules import ip_right as right_rules
from services.techtransfer.listing.rules import listing as listing_rules
from services.techtransfer.listing.rules.achievement import AchievementTerms
from services.techtransfer.listing.rules.ip_right import ClaimFinding
from services.techtransfer.listing.rules.listing_list import ACHIEVEMENTS
from services.techtransfer.listing.store import achievement as store
from services.techtransfer.listing.usecases import achievement as usecases
from services.techtransfer.listing.usecases import listing as listing_usecases
from services.techtransfer.listing.usecases.ip_right import check_rights
from shared.db.selection import Chosen
from shared.kernel.actor import Actor
from shared.kernel.ids import new_id
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND, PRECONDITION_FAILED, PRECONDITION_REQUIRED
from shared.kernel.shape import Shape
from shared.kernel.types import LooseUsccOrNone, ShortText
from shared.policy.book import RuleBook
from shared.web.answer import composed
from shared.web.conditional import IfMatch
from shared.web.counts import add_counts
from shared.web.edge import Book, Shelf, Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns_as_imported, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

router = edge_router(tags=["achievements"])

if TYPE_CHECKING:
    AchievementPatch = BaseModel
else:
    AchievementPatch = patch_of("AchievementPatch", AchievementTerms)
RIGHTS_REFUSED = (right_rules.CLAIMED_RIGHT_LAPSED, right_rules.CLAIMED_RIGHT_OF_OTHERS)
ACHIEVEMENT_REFUSED = (
    rules.ACHIEVEMENT_SECRET,
    rules.INNOVATION_POINTS_EXCEEDED,
    rules.RESEARCH_PERIOD_REVERSED,
    rules.STAGE_CONTRADICTS_TRL,
    *RIGHTS_REFUSED,
    *TERMS_REFUSED,
)
COLUMNS = columns_as_imported(
    ACHIEVEMENTS,
    *SHARED_COLUMNS,
    "stage",
    "trl",
    "asking_price_fen",
    "summary",
    "origin",
    "innovation_points",
    "result_class",
    "ip_right_nos",
    "completing_units",
)
Wanted = Annotated[Chosen, Depends(chosen_from(store.LIST))]
add_counts(router, store.LIST, noun="achievements", scope="transfer.listing:read", row="any", title="科技成果清单")


class AchievementRead(AchievementTerms, ListingState):
    """An achievement as its reader may see it; fields named in `hidden_fields` are null."""

    party_uscc: LooseUsccOrNone = None  # type: ignore[assignment]  # null where the poster hides the party
    ip_right_nos: list[ShortText] | None = None  # type: ignore[assignment]  # 〃
    completing_units: list[ShortText] | None = None  # type: ignore[assignment]  # 〃


class RightCheckRead(Shape):
    """What is known of one right that the achievement claims."""

    right_no: str
    finding: ClaimFinding


class AchievementChecked(AchievementRead, ListingGrounds):
    """An achievement with what ipr told of its rights, if the poster shows them, and what its days follow from."""

    right_checks: list[RightCheckRead]


async def checked(tx: Tx, achievement: Achievement, book: RuleBook) -> AchievementChecked:
    """Return an achievement as the caller may see it, with what is known today of its rights."""
    read = shown(achievement, tx.actor)
    found = () if "ip_right_nos" in read.hidden_fields else await check_rights(tx, achievement)
    checks = [RightCheckRead(right_no=one.right_no, finding=one.finding) for one in found]
    return AchievementChecked.of(read, right_checks=checks, **grounds(book, achievement, tx.actor))


def shown(achievement: Achievement, actor: Actor) -> AchievementRead:
    """Return an achievement as the actor may see it."""
    return AchievementRead.of(achievement, **seen_by(actor, achievement))


async def _listed(tx: Tx, rows: Sequence[Achievement]) -> list[AchievementRead]:
    return [shown(row, tx.actor) for row in rows]


@router.post(
    "/achievements", status_code=201, response_model=AchievementChecked, responses=refusals(*ACHIEVEMENT_REFUSED)
)
@edge(scope="transfer.listing:write", row="agency", summary_zh="登记科技成果（草稿）", tells=False)
async def post_achievement(body: AchievementTerms, tx: Tx, book: Book) -> Response:
    """Post an achievement as a draft; an agency posts for others with a letter of authority."""
    rule_set = book.pick(listing_rules.POLICY, tx.today)
    achievement = await usecases.post_achievement(tx, body, achievement_id=new_id(), rule_set=rule_set)
    return answered(await checked(tx, achievement, book), path="achievements")


@router.get("/achievements", response_model=PageOf[AchievementRead])
@edge(scope="transfer.listing:read", row="any", summary_zh="科技成果清单")
async def list_achievements(paging: Paging, tx: Tx, wanted: Wanted) -> Response:
    """List published achievements and one's own, newest first unless asked otherwise."""
    found = await store.LIST.page(tx, wanted, paging.wanted())
    return page(paging, await _listed(tx, found.rows), found.next_key)


@router.get("/exports/achievements.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="transfer.listing:read", row="any", summary_zh="导出科技成果清单", audited=True)
async def export_achievements(file_format: Format, tx: Tx, wanted: Wanted) -> Response:
    """Export what a list of achievements with the same filters would show, as CSV or XLSX; hidden fields are empty."""
    return await export_list(
        tx,
        store.LIST.batches(tx, wanted),
        lambda rows: _listed(tx, rows),
        COLUMNS,
        format=file_format,
        noun="achievements",
        title="科技成果",
    )


@router.get("/achievements/{achievement_id}", response_model=AchievementChecked, responses=refusals(NOT_FOUND))
@edge(scope="transfer.listing:read", row="any", summary_zh="查看科技成果")
async def read_achievement(achievement_id: UUID, tx: Tx, book: Shelf) -> Response:
    """Read one achievement; another's unpublished one is not found."""
    achievement = await listing_usecases.load(tx, Achievement, achievement_id)
    return composed(await checked(tx, achievement, book), version=achievement.version)


@router.get("/achievements/{achievement_id}/contact", responses=refusals(NOT_FOUND))
@edge(scope="transfer.listing:read", row="any", summary_zh="查看科技成果联系人（留痕）", audited=True)
async def read_achievement_contact(achievement_id: UUID, tx: Tx) -> ContactRead:
    """Read the contact of an achievement in full; every reading is recorded."""
    return contact_of(await listing_usecases.read_contact(tx, Achievement, achievement_id))


@router.patch(
    "/achievements/{achievement_id}",
    response_model=AchievementChecked,
    responses=refusals(
        NOT_FOUND,
        *ACHIEVEMENT_REFUSED,
        listing_rules.LISTING_STATE_CONFLICT,
        FORBIDDEN_ROLE,
        PRECONDITION_FAILED,
        PRECONDITION_REQUIRED,
    ),
)
@edge(scope="transfer.listing:write", row="agency", summary_zh="修改科技成果", tells=False)
async def change_achievement(
    achievement_id: UUID, body: AchievementPatch, seen: IfMatch, tx: Tx, book: Book
) -> Response:
    """Change a draft or a returned achievement."""
    achievement = await listing_usecases.load_to_manage(tx, Achievement, achievement_id)
    seen.check(achievement.version)
    rule_set = book.pick(listing_rules.POLICY, tx.today)
    terms = merged(AchievementTerms, achievement, body)
    changed = await usecases.change_achievement(tx, achievement, terms, rule_set=rule_set)
    return answered(await checked(tx, changed, book))


@router.post(
    "/achievements/{achievement_id}:submit",
    response_model=AchievementChecked,
    responses=refusals(NOT_FOUND, listing_rules.LISTING_STATE_CONFLICT, FORBIDDEN_ROLE),
)
@edge(scope="transfer.listing:write", row="agency", summary_zh="提交科技成果审核")
async def submit_achievement(achievement_id: UUID, tx: Tx, book: Book) -> Response:
    """Hand an achievement to review."""
    rule_set = book.pick(listing_rules.POLICY, tx.today)
    submitted = await listing_usecases.submit_listing(tx, Achievement, achievement_id, rule_set)
    return answered(await checked(tx, submitted, book))


@router.post(
    "/achievements/{achievement_id}:review",
    response_model=AchievementChecked,
    responses=refusals(
        NOT_FOUND,
        listing_rules.LISTING_STATE_CONFLICT,
        listing_rules.REVIEWER_IS_POSTER,
        listing_rules.REVIEW_HELD_BY_ANOTHER,
        listing_rules.RETURN_NOTE_MISSING,
        *RIGHTS_REFUSED,
        FORBIDDEN_ROLE,
    ),
)
@edge(scope="transfer.listing:review", row="unit", summary_zh="审核科技成果：受理、退回或发布")
async def review_achievement(achievement_id: UUID, body: ReviewRequest, tx: Tx, book: Shelf) -> Response:
    """Take up, return or publish an achievement; nobody reviews what they posted."""
    reviewed = await usecases.review_achievement(tx, achievement_id, body.decision, note=body.note)
    return answered(await checked(tx, reviewed, book))


@router.post(
    "/achievements/{achievement_id}:withdraw",
    response_model=AchievementChecked,
    responses=refusals(NOT_FOUND, listing_rules.LISTING_STATE_CONFLICT, FORBIDDEN_ROLE),
)
@edge(scope="transfer.listing:write", row="agency", summary_zh="撤回科技成果")
async def withdraw_achievement(achievement_id: UUID, body: WithdrawRequest, tx: Tx, book: Shelf) -> Response:
    """Take an achievement back for good."""
    withdrawn = await listing_usecases.withdraw_listing(tx, Achievement, achievement_id, reason=body.reason)
    return answered(await checked(tx, withdrawn, book))
