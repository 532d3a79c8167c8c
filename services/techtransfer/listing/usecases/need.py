"""Posting and changing needs."""

from uuid import UUID

from services.techtransfer.listing.models.need import Need
from services.techtransfer.listing.rules import listing as listing_rules
from services.techtransfer.listing.rules import need as rules
from services.techtransfer.listing.rules.need import NeedTerms
from services.techtransfer.listing.usecases import listing as usecases
from services.techtransfer.listing.usecases.standing import Standing, standing_in
from shared.db.transaction import Transaction
from shared.policy.rule_set import RuleSet


async def post_need(
    tx: Transaction, terms: NeedTerms, *, need_id: UUID, rule_set: RuleSet, standing: Standing | None = None
) -> Need:
    """Keep a new draft under a case number of its unit.

    Raises:
        Refusal: what `rules.listing.check_listing` and `usecases.listing.admit` refuse.
    """
    listing_rules.check_listing(terms, rule_set, hideable=rules.HIDEABLE, today=tx.today)
    beside = standing or standing_in(tx, Need)
    columns = await usecases.draft_columns(tx, terms, listing_id=need_id, standing=beside)
    need = Need.model_validate({**terms.model_dump(), **columns})
    tx.session.add(need)
    if standing is None:
        await beside.numbers.keep()
    return need


async def change_need(
    tx: Transaction, need: Need, terms: NeedTerms, *, rule_set: RuleSet, standing: Standing | None = None
) -> Need:
    """Replace what the poster says of a locked need that is a draft or was returned.

    Raises:
        Refusal: `listing_state_conflict`, and what `post_need` refuses.
    """
    listing_rules.require_editable(usecases.held(need))
    listing_rules.check_listing(terms, rule_set, hideable=rules.HIDEABLE, today=tx.today)
    await usecases.replace_terms(tx, need, terms, standing=standing or standing_in(tx, Need))
    return need
