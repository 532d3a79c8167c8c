"""The moves that achievements and needs share: submit, review, withdraw, expire, and what a party has listed."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.techtransfer.listing.models.achievement import Achievement
from services.techtransfer.listing.models.listing import ListingColumns
from services.techtransfer.listing.models.need import Need
from services.techtransfer.listing.rules import listing as rules
from services.techtransfer.listing.rules import party as party_rules
from services.techtransfer.listing.rules.listing_key import search_text, title_key
from services.techtransfer.listing.rules.vocabulary import ListingStatus, Noun, ReviewDecision
from services.techtransfer.listing.store import listing as store
from services.techtransfer.listing.store.listing import Listing
from services.techtransfer.listing.usecases.standing import Standing
from shared.db.holiday_notice import work_calendar
from shared.db.transaction import Transaction
from shared.kernel.actor import left_to
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND
from shared.policy.rule_set import RuleSet

NOUNS: dict[type[ListingColumns], Noun] = {Achievement: Noun.ACHIEVEMENT, Need: Noun.NEED}
EXPIRED_AT_ONCE = 200
"""Rows that one transaction of the expiry job ends: short enough to hold no lock for long."""


def held(listing: ListingColumns) -> rules.Held:
    """Return what a decision needs to know of a stored listing."""
    return rules.Held(
        listing_id=listing.id,
        noun=NOUNS[type(listing)],
        status=listing.status,
        title=listing.title,
        key_field=listing.key_field,
        party_uscc=listing.party_uscc,
        unit_id=listing.unit_id,
        case_no=listing.case_no,
        posted_by=listing.posted_by,
        poster_party=listing.poster_party,
        reviewer=listing.reviewer,
        was_published=listing.published_at is not None,
        valid_until_on=listing.valid_until_on,
    )


async def load(tx: Transaction, table: type[Listing], listing_id: UUID, *, lock: bool = False) -> Listing:
    """Return a listing that the actor may see.

    Raises:
        Refusal: `not_found`, also for another's unpublished listing.
    """
    found = await store.find_listing(tx, table, listing_id, lock=lock)
    if found is None:
        raise Refusal(NOT_FOUND, noun=NOUNS[table].value.lower())
    return found


async def load_to_manage(tx: Transaction, table: type[Listing], listing_id: UUID) -> Listing:
    """Lock a listing that the actor may change, submit or withdraw.

    Raises:
        Refusal: `not_found` for another's unpublished listing, `forbidden_role` for another's published one.
    """
    listing = await load(tx, table, listing_id, lock=True)
    if not rules.may_manage(held(listing), tx.actor):
        raise left_to(*party_rules.MAY_POST)
    return listing


async def admit(
    tx: Transaction,
    terms: rules.ListingTerms,
    *,
    own_id: UUID | None,
    standing: Standing,
) -> str:
    """Check who lists what for whom; returns the name under which the party is listed.

    Raises:
        Refusal: `party_not_yours`, `authority_missing`, `authority_expired`, `party_code_check_failed`,
            `party_unknown`, `unit_not_of_party`, `listing_duplicate`.
    """
    authority = party_rules.Authority(terms.authority_sha256, terms.authority_until_on)
    party_rules.require_standing(tx.actor, terms.party_uscc, authority=authority, listed_until=terms.valid_until_on)
    registered = await standing.party(terms.party_uscc)
    name = party_rules.listed_name(
        registered, uscc=terms.party_uscc, given_name=terms.party_name, unit_id=terms.unit_id
    )
    title = (terms.party_uscc, title_key(terms.title))
    rules.refuse_duplicate(await standing.twin(title, but=own_id))
    await standing.make_free(title)
    return name


async def draft_columns(
    tx: Transaction, terms: rules.ListingTerms, *, listing_id: UUID, standing: Standing
) -> dict[str, Any]:
    """Return what a new draft has beside its terms: a case number of its unit, its poster, its state.

    Raises:
        Refusal: what `admit` refuses.
    """
    party_name = await admit(tx, terms, own_id=None, standing=standing)
    case_no = await standing.numbers.take(terms.unit_id)
    key = title_key(terms.title)
    standing.opened((terms.party_uscc, key), listing_id, case_no)
    return {
        "party_name": party_name,
        "id": listing_id,
        "case_no": case_no,
        "status": ListingStatus.DRAFT,
        "title_key": key,
        "search_text": search_text(terms),
        "posted_by": tx.actor.client_id,
        "poster_party": tx.actor.party,
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }


async def replace_terms(
    tx: Transaction, listing: ListingColumns, terms: rules.ListingTerms, *, standing: Standing
) -> None:
    """Write checked terms over those of a locked row.

    Raises:
        Refusal: what `admit` refuses.
    """
    name = await admit(tx, terms, own_id=listing.id, standing=standing)
    before = (listing.party_uscc, listing.title_key)
    for field, value in terms.model_dump().items():
        setattr(listing, field, value)
    listing.party_name = name
    listing.title_key = title_key(terms.title)
    listing.search_text = search_text(terms)
    touch(tx, listing)
    after = (listing.party_uscc, listing.title_key)
    if after != before:
        standing.left(before, listing.id)
        standing.opened(after, listing.id, listing.case_no)


def apply(tx: Transaction, listing: ListingColumns, move: rules.Move) -> None:
    """Apply a move of the machine to the row and emit what became public."""
    listing.status = move.status
    listing.reviewer = move.reviewer
    listing.review_note = move.note
    if move.status is ListingStatus.PUBLISHED:
        listing.published_at = tx.now
    if move.status in rules.ENDED:
        listing.ended_at = tx.now
    touch(tx, listing)
    tx.emit(*move.events)


def touch(tx: Transaction, listing: ListingColumns) -> None:
    """Count a change of the row; its version is the ETag."""
    listing.version += 1
    listing.updated_at = tx.now


async def submit_listing(tx: Transaction, table: type[Listing], listing_id: UUID, terms: RuleSet) -> Listing:
    """Hand a listing to review; the review is due after the working days of the rule set.

    Raises:
        Refusal: `not_found`, `forbidden_role`, `listing_state_conflict`.
    """
    listing = await load_to_manage(tx, table, listing_id)
    apply(tx, listing, rules.submit(held(listing)))
    listing.submitted_at = tx.now
    calendar = await work_calendar(tx)
    listing.review_due_on = calendar.add_working_days(tx.today, terms.param_int("review_working_days")).on
    return listing


async def review_listing(
    tx: Transaction, table: type[Listing], listing_id: UUID, decision: ReviewDecision, *, note: str | None
) -> Listing:
    """Take up, return or publish a listing.

    Raises:
        Refusal: `not_found`, `forbidden_role` and what `rules.listing.review` refuses.
    """
    listing = await load(tx, table, listing_id, lock=True)
    if not rules.may_review(held(listing), tx.actor):
        raise left_to(*rules.MAY_REVIEW)
    apply(tx, listing, rules.review(held(listing), decision, reviewer=tx.actor, note=note))
    tx.audit(
        f"{NOUNS[table].value.lower()}.review",
        subject=f"{NOUNS[table].value.lower()}/{listing_id}",
        uscc=listing.party_uscc,
        detail={"decision": decision.value},
    )
    return listing


async def withdraw_listing(tx: Transaction, table: type[Listing], listing_id: UUID, *, reason: str | None) -> Listing:
    """Take a listing back.

    Raises:
        Refusal: `not_found`, `forbidden_role`, `listing_state_conflict`.
    """
    listing = await load_to_manage(tx, table, listing_id)
    apply(tx, listing, rules.withdraw(held(listing), reason=reason))
    return listing


async def read_contact(tx: Transaction, table: type[Listing], listing_id: UUID) -> Listing:
    """Return a listing whose contact the caller is about to read in full; the reading is recorded.

    Raises:
        Refusal: `not_found`, also for another's unpublished listing.
    """
    listing = await load(tx, table, listing_id)
    noun = NOUNS[table].value.lower()
    tx.audit(
        f"{noun}.contact.read",
        subject=f"{noun}/{listing_id}",
        uscc=listing.party_uscc,
        purpose="COOPERATION",
        fields=("contact_name", "contact_phone"),
    )
    return listing


async def expire_listings(tx: Transaction) -> int:
    """End published listings whose last day has passed, a bounded number at a time; returns how many."""
    ended = 0
    for table in NOUNS:
        for listing in await store.lock_ended(tx, table, limit=EXPIRED_AT_ONCE):
            apply(tx, listing, rules.expire(held(listing), today=tx.today))
            ended += 1
    return ended


@dataclass(frozen=True, slots=True)
class ListingSummary:
    """How many listings of each status a party has, those that the caller may see."""

    uscc: str
    achievements: dict[ListingStatus, int]
    needs: dict[ListingStatus, int]


async def summarise_listings(tx: Transaction, uscc: str) -> ListingSummary:
    """Count what a party has listed."""
    achievements, needs = await store.counts(tx, (Achievement, Need), uscc)
    return ListingSummary(uscc=uscc, achievements=achievements, needs=needs)
