"""Posting and changing achievements."""

from uuid import UUID

from services.techtransfer.listing.models.achievement import Achievement
from services.techtransfer.listing.rules import achievement as rules
from services.techtransfer.listing.rules import listing as listing_rules
from services.techtransfer.listing.rules.achievement import AchievementTerms
from services.techtransfer.listing.usecases import listing as usecases
from shared.db.transaction import Transaction
from shared.policy.rule_set import RuleSet


async def post_achievement(
    tx: Transaction, terms: AchievementTerms, *, achievement_id: UUID, rule_set: RuleSet
) -> Achievement:
    """Keep a new draft under a case number of its unit.

    Raises:
        Refusal: what `rules.achievement.check_achievement`, `rules.listing.check_listing` and
            `usecases.listing.admit` refuse.
    """
    _check(tx, terms, rule_set)
    columns = await usecases.draft_columns(tx, Achievement, terms, listing_id=achievement_id)
    achievement = Achievement.model_validate({**terms.model_dump(), **columns})
    tx.session.add(achievement)
    return achievement


async def change_achievement(
    tx: Transaction, achievement: Achievement, terms: AchievementTerms, *, rule_set: RuleSet
) -> Achievement:
    """Replace what the poster says of a locked achievement that is a draft or was returned.

    Raises:
        Refusal: `listing_state_conflict`, and what `post_achievement` refuses.
    """
    listing_rules.require_editable(usecases.held(achievement))
    _check(tx, terms, rule_set)
    await usecases.replace_terms(tx, achievement, terms)
    return achievement


def _check(tx: Transaction, terms: AchievementTerms, rule_set: RuleSet) -> None:
    listing_rules.check_listing(terms, rule_set, hideable=rules.HIDEABLE, today=tx.today)
    rules.check_achievement(terms, rule_set)
