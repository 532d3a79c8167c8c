from datetime import date

import pytest

from services.techtransfer.listing.rules import party
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import Refusal
from tests.unit.techtransfer.builders import AGENCY, BROKER, CITY, ENTERPRISE, FIRM, STRANGER

REGISTERED = party.RegisteredParty(name="示例铸造有限公司", unit_id="500107")
LETTER = "a" * 64
LISTED_UNTIL = date(2027, 5, 31)


def stands(actor: Actor, *, sha256: str | None = None, until: date | None = None) -> str | None:
    """Return the code of what is refused, or None."""
    authority = party.Authority(sha256, until)
    try:
        party.require_standing(actor, FIRM, authority=authority, listed_until=LISTED_UNTIL)
    except Refusal as refusal:
        return refusal.code.code
    return None


def test_an_enterprise_posts_for_itself_only() -> None:
    assert stands(ENTERPRISE) is None
    assert stands(STRANGER) == "party_not_yours"
    assert stands(STRANGER, sha256=LETTER, until=LISTED_UNTIL) == "party_not_yours"


@pytest.mark.parametrize(
    ("until", "code"),
    [
        (date(2027, 5, 30), "authority_expired"),
        (LISTED_UNTIL, None),
        (date(2027, 6, 1), None),
        (None, "authority_missing"),
    ],
)
def test_an_agency_posts_with_a_letter_that_lasts_as_long_as_the_listing(until: date | None, code: str | None) -> None:
    assert stands(BROKER, sha256=LETTER, until=until) == code


def test_an_agency_without_a_letter_is_refused() -> None:
    assert stands(BROKER) == "authority_missing"
    assert stands(BROKER, until=LISTED_UNTIL) == "authority_missing"


def test_the_city_posts_for_anybody_and_a_bank_for_nobody() -> None:
    assert stands(CITY) is None
    assert stands(Actor(client_id="bank-a", role=Role.BANK, party=FIRM)) == "party_not_yours"


def test_an_agency_posts_its_own_listing_without_a_letter() -> None:
    party.require_standing(BROKER, AGENCY, authority=party.Authority(None, None), listed_until=LISTED_UNTIL)


def listed(
    registered: party.RegisteredParty | None, given_name: str | None, unit_id: str = "500107", *, uscc: str = FIRM
) -> str:
    """Return the name under which a party is listed."""
    return party.listed_name(registered, uscc=uscc, given_name=given_name, unit_id=unit_id)


def test_the_registered_name_goes_before_the_given_one() -> None:
    assert listed(REGISTERED, "别的名字") == "示例铸造有限公司"
    assert listed(None, "示例大学") == "示例大学"


def test_a_code_that_is_registered_nowhere_needs_a_name() -> None:
    with pytest.raises(Refusal) as refused:
        listed(None, None)
    assert refused.value.code is party.PARTY_UNKNOWN


def test_a_code_with_a_wrong_check_character_is_usable_once_it_is_registered() -> None:
    wrong = FIRM[:-1] + ("0" if FIRM[-1] != "0" else "1")
    assert listed(REGISTERED, None, uscc=wrong) == "示例铸造有限公司"
    for given_name in (None, "示例大学"):
        with pytest.raises(Refusal) as refused:
            listed(None, given_name, uscc=wrong)
        assert refused.value.code is party.PARTY_CODE_UNCHECKED
        assert refused.value.pointer == "/party_uscc"


def test_nobody_chooses_the_unit_that_reviews_them() -> None:
    with pytest.raises(Refusal) as refused:
        listed(REGISTERED, None, unit_id="500112")
    assert refused.value.code is party.UNIT_NOT_OF_PARTY
    assert refused.value.details == {"unit_id": "500107"}
    assert listed(None, "示例大学", unit_id="500112") == "示例大学"
