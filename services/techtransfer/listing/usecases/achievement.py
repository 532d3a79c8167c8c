"""Posting and changing achievements."""

from uuid import UUID

from services.techtransfer.listing.models.achievement import Achievement
from services.techtransfer.listing.rules import achievement as rules
from services.techtransfer.listing.rules import listing as listing_rules
from services.techtransfer.listing.rules.achievement import AchievementTerms
from services.techtransfer.listing.rules.vocabulary import ListingStatus, ReviewDecision
from services.techtransfer.listing.usecases import listing as usecases
from services.techtransfer.listing.usecases.ip_right import require_rights
from services.techtransfer.listing.usecases.standing import Standing, standing_in
from shared.db.transaction import Transaction
from shared.policy.rule_set import RuleSet


async def post_achievement(
    tx: Transaction,
    terms: AchievementTerms,
    *,
    achievement_id: UUID,
    rule_set: RuleSet,
    standing: Standing | None = None,
) -> Achievement:
    """Keep a new draft under a case number of its unit.

    Raises:
        Refusal: what `rules.achievement.check_achievement`, `rules.listing.check_listing` and
            `usecases.listing.admit` refuse, and what `usecases.ip_right.require_rights` refuses.
    """
    await _check(tx, terms, rule_set, standing)
    beside = standing or standing_in(tx, Achievement)
    columns = await usecases.draft_columns(tx, terms, listing_id=achievement_id, standing=beside)
    achievement = Achievement.model_validate({**terms.model_dump(), **columns})
    tx.session.add(achievement)
    if standing is None:
        await beside.numbers.keep()
    return achievement


async def change_achievement(
    tx: Transaction,
    achievement: Achievement,
    terms: AchievementTerms,
    *,
    rule_set: RuleSet,
    standing: Standing | None = None,
) -> Achievement:
    """Replace what the poster says of a locked achievement that is a draft or was returned.

    Raises:
        Refusal: `listing_state_conflict`, and what `post_achievement` refuses.
    """
    listing_rules.require_editable(usecases.held(achievement))
    await _check(tx, terms, rule_set, standing)
    await usecases.replace_terms(tx, achievement, terms, standing=standing or standing_in(tx, Achievement))
    return achievement


async def review_achievement(
    tx: Transaction, achievement_id: UUID, decision: ReviewDecision, *, note: str | None
) -> Achievement:
    """Take up, return or publish an achievement; before it is published its rights are held against ipr's once more.

    Raises:
        Refusal: what `usecases.listing.review_listing` and, on publishing, `usecases.ip_right.require_rights` refuse.
    """
    reviewed = await usecases.review_listing(tx, Achievement, achievement_id, decision, note=note)
    if reviewed.status is ListingStatus.PUBLISHED:
        await require_rights(tx, reviewed)
    return reviewed


async def _check(tx: Transaction, terms: AchievementTerms, rule_set: RuleSet, standing: Standing | None) -> None:
    listing_rules.check_listing(terms, rule_set, hideable=rules.HIDEABLE, today=tx.today)
    rules.check_achievement(terms, rule_set)
    await require_rights(tx, terms, standing)
