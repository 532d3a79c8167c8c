"""Acts on listings: what is offered is accepted by the whole rule, what is not offered is refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from services.techtransfer.listing.rules import listing as rules
from services.techtransfer.listing.rules import listing_act
from services.techtransfer.listing.rules.listing import Held
from services.techtransfer.listing.rules.listing_act import ListingStanding
from services.techtransfer.listing.rules.vocabulary import ListingStatus, Noun, ReviewDecision
from shared.kernel.action import actions
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import Refusal
from shared.kernel.role_scope import scopes_of
from tests.unit.techtransfer.builders import (
    AGENCY,
    BROKER,
    CITY,
    DISTRICT,
    ENTERPRISE,
    FIRM,
    OTHER_DISTRICT,
    STRANGER,
    TODAY,
    held,
)

DUE = date(2026, 12, 7)
EVERYTHING = frozenset(scope for role in Role if role is not Role.SYSTEM for scope in scopes_of(role.value))
POSTED_BY_FIRM = held()
POSTED_BY_AGENCY = replace(POSTED_BY_FIRM, posted_by=BROKER.client_id, poster_party=AGENCY)
POSTED_BY_CITY = replace(POSTED_BY_FIRM, posted_by=CITY.client_id, poster_party=None)
OTHER_BROKER = Actor(client_id="agency-2", role=Role.AGENCY, party="91500107MA00000990")
READERS = {
    "its party": ENTERPRISE,
    "an agency": BROKER,
    "another agency": OTHER_BROKER,
    "another firm": STRANGER,
    "its district": DISTRICT,
    "another district": OTHER_DISTRICT,
    "the city": CITY,
    "the auditor": Actor(client_id="auditor", role=Role.AUDITOR),
    "a bank": Actor(client_id="bank", role=Role.BANK, party=FIRM),
    "the IP centre": Actor(client_id="ip", role=Role.IP_CENTRE),
}
LISTINGS = [
    replace(posted, status=status, reviewer=reviewer, noun=noun)
    for posted, status, reviewer, noun in product(
        (POSTED_BY_FIRM, POSTED_BY_AGENCY, POSTED_BY_CITY),
        ListingStatus,
        (None, DISTRICT.client_id, CITY.client_id),
        Noun,
    )
]


def _manages(rule: Callable[[Held], object]) -> Callable[[Held, Actor], object]:
    def whole(listing: Held, reader: Actor) -> None:
        if not rules.may_manage(listing, reader):
            raise Refusal(rules.LISTING_STATE_CONFLICT, status=listing.status)
        rule(listing)

    return whole


def _reviews(decision: ReviewDecision) -> Callable[[Held, Actor], object]:
    def whole(listing: Held, reader: Actor) -> None:
        if not rules.may_review(listing, reader):
            raise Refusal(rules.LISTING_STATE_CONFLICT, status=listing.status)
        rules.review(listing, decision, reviewer=reader, note="请补充指标")

    return whole


RULES: dict[str, Callable[[Held, Actor], object]] = {
    "change": _manages(rules.require_editable),
    "submit": _manages(rules.submit),
    "start": _reviews(ReviewDecision.START),
    "publish": _reviews(ReviewDecision.PUBLISH),
    "return": _reviews(ReviewDecision.RETURN),
    "withdraw": _manages(lambda listing: rules.withdraw(listing, reason=None)),
}


def accepted(listing: Held, reader: Actor) -> set[str]:
    """Return the acts that the whole rules take from a reader in this state."""
    found = set()
    for name, rule in RULES.items():
        try:
            rule(listing, reader)
        except Refusal:
            continue
        found.add(name)
    return found


def offered(listing: Held, reader: Actor) -> set[str]:
    """Return the names of what is offered."""
    case = ListingStanding(listing, reader, DUE)
    return {one.name for one in actions(listing_act.ACTS[listing.noun], case, reader, case.bodies)}


@pytest.mark.parametrize("who", READERS)
def test_what_is_offered_is_accepted_by_the_rule_and_what_is_not_is_refused(who: str) -> None:
    reader = replace(READERS[who], scopes=EVERYTHING)
    offers = 0
    for listing in LISTINGS:
        told = offered(listing, reader)
        assert told == accepted(listing, reader), (who, listing)
        offers += len(told)
    assert (offers > 0) == (who in {"its party", "an agency", "its district", "the city"})


def test_every_act_is_held_against_its_rule() -> None:
    for noun in Noun:
        assert [one.name for one in listing_act.ACTS[noun]] == list(RULES)


def test_what_a_client_may_not_do_by_its_scopes_is_not_offered() -> None:
    posted = replace(POSTED_BY_FIRM, status=ListingStatus.SUBMITTED)
    assert offered(posted, replace(CITY, scopes=frozenset({"transfer.listing:review"}))) == {
        "start",
        "publish",
        "return",
    }
    assert offered(posted, replace(CITY, scopes=frozenset({"transfer.listing:read"}))) == set()


def test_the_day_of_the_review_stands_beside_its_acts_alone() -> None:
    reader = replace(CITY, scopes=EVERYTHING)
    case = ListingStanding(replace(POSTED_BY_FIRM, status=ListingStatus.SUBMITTED), reader, DUE)
    told = {one.name: one.due_on for one in actions(listing_act.ACTS[Noun.ACHIEVEMENT], case, reader, case.bodies)}
    assert told == {"start": DUE, "publish": DUE, "return": DUE, "withdraw": None}
    assert DUE > TODAY
