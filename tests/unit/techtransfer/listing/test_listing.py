from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.techtransfer.listing.rules import listing, listing_key, listing_view
from services.techtransfer.listing.rules.achievement import HIDEABLE
from services.techtransfer.listing.rules.vocabulary import ListingStatus, Noun, ReviewDecision
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import Refusal
from shared.kernel.fold import search_key
from tests.unit.techtransfer.builders import (
    AGENCY,
    BROKER,
    CITY,
    DISTRICT,
    ENTERPRISE,
    FIRM,
    OTHER_DISTRICT,
    RULES,
    STRANGER,
    TODAY,
    achievement,
    held,
)

S = ListingStatus
# The machine as the field's standard terms draw it: from → where each action leads; an action not named is refused.
MACHINE = {
    S.DRAFT: {"submit": S.SUBMITTED, "withdraw": S.WITHDRAWN},
    S.SUBMITTED: {"start": S.UNDER_REVIEW, "return": S.RETURNED, "publish": S.PUBLISHED, "withdraw": S.WITHDRAWN},
    S.UNDER_REVIEW: {"return": S.RETURNED, "publish": S.PUBLISHED, "withdraw": S.WITHDRAWN},
    S.RETURNED: {"submit": S.SUBMITTED, "withdraw": S.WITHDRAWN},
    S.PUBLISHED: {"withdraw": S.WITHDRAWN, "expire": S.EXPIRED},
    S.WITHDRAWN: {},
    S.EXPIRED: {},
}
ACTIONS = {
    "submit": listing.submit,
    "start": lambda one: listing.review(one, ReviewDecision.START, reviewer=DISTRICT, note=None),
    "return": lambda one: listing.review(one, ReviewDecision.RETURN, reviewer=DISTRICT, note="补充指标"),
    "publish": lambda one: listing.review(one, ReviewDecision.PUBLISH, reviewer=DISTRICT, note=None),
    "withdraw": lambda one: listing.withdraw(one, reason=None),
    "expire": lambda one: listing.expire(one, today=date(2027, 6, 1)),
}


def check(**changed: object) -> str | None:
    """Return the code of what is refused about the shared fields, or None."""
    try:
        listing.check_listing(achievement(**changed), RULES, hideable=HIDEABLE, today=TODAY)
    except Refusal as refusal:
        return f"{refusal.code.code} {refusal.pointer}"
    return None


@pytest.mark.parametrize("status", list(S))
@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_every_action_leads_where_the_machine_says_or_is_refused(status: ListingStatus, action: str) -> None:
    allowed = MACHINE[status]
    if action in allowed:
        assert ACTIONS[action](held(status=status)).status is allowed[action]
        return
    with pytest.raises(Refusal) as refused:
        ACTIONS[action](held(status=status))
    assert refused.value.code is listing.LISTING_STATE_CONFLICT


@pytest.mark.parametrize("reviewer", [ENTERPRISE, BROKER])
def test_nobody_reviews_what_they_posted_or_own(reviewer: Actor) -> None:
    one = held(status=S.SUBMITTED, posted_by="agency-1", poster_party=AGENCY)
    with pytest.raises(Refusal) as refused:
        listing.review(one, ReviewDecision.PUBLISH, reviewer=reviewer, note=None)
    assert refused.value.code is listing.REVIEWER_IS_POSTER


def test_the_city_does_not_review_what_the_city_posted() -> None:
    with pytest.raises(Refusal) as refused:
        listing.review(held(status=S.SUBMITTED, posted_by="city"), ReviewDecision.START, reviewer=CITY, note=None)
    assert refused.value.code is listing.REVIEWER_IS_POSTER


def test_a_review_that_another_took_up_is_left_to_them() -> None:
    one = held(status=S.UNDER_REVIEW, reviewer="district-500107")
    with pytest.raises(Refusal) as refused:
        listing.review(one, ReviewDecision.PUBLISH, reviewer=CITY, note=None)
    assert refused.value.code is listing.REVIEW_HELD_BY_ANOTHER
    assert listing.review(one, ReviewDecision.PUBLISH, reviewer=DISTRICT, note=None).status is S.PUBLISHED


@pytest.mark.parametrize("note", [None, ""])
def test_a_return_without_reasons_is_refused(note: str | None) -> None:
    with pytest.raises(Refusal) as refused:
        listing.review(held(status=S.SUBMITTED), ReviewDecision.RETURN, reviewer=DISTRICT, note=note)
    assert refused.value.code is listing.RETURN_NOTE_MISSING


def test_publishing_tells_the_public_state() -> None:
    move = ACTIONS["publish"](held(status=S.SUBMITTED, noun=Noun.NEED))
    (event,) = move.events
    assert (event.noun, event.status, event.party_uscc) == ("NEED", "PUBLISHED", FIRM)
    assert event.case_no == "KC-2026-500107-000001"


def test_only_what_was_public_once_is_told_when_it_ends() -> None:
    assert listing.withdraw(held(), reason=None).events == ()
    published = held(status=S.PUBLISHED, was_published=True)
    assert [event.status for event in listing.withdraw(published, reason="已转让").events] == ["WITHDRAWN"]
    assert [event.status for event in ACTIONS["expire"](published).events] == ["EXPIRED"]


def test_a_listing_lives_through_its_last_day() -> None:
    one = held(status=S.PUBLISHED, valid_until_on=TODAY)
    with pytest.raises(Refusal):
        listing.expire(one, today=TODAY)
    assert listing.expire(one, today=TODAY + timedelta(days=1)).status is S.EXPIRED


def test_a_published_text_is_not_changed_any_more() -> None:
    for status in S:
        if status in {S.DRAFT, S.RETURNED}:
            listing.require_editable(held(status=status))
        else:
            with pytest.raises(Refusal):
                listing.require_editable(held(status=status))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_up_to_three_keywords_are_taken(count: int) -> None:
    assert check(keywords=[f"词{number}" for number in range(count)]) is None


@pytest.mark.parametrize("keywords", [[], ["a", "b", "c", "d"], ["a", "a"]])
def test_no_keyword_a_fourth_one_or_one_twice_is_refused(keywords: list[str]) -> None:
    assert check(keywords=keywords) == "keywords_exceeded /keywords"


@pytest.mark.parametrize("modes", [[], ["LICENCE", "LICENCE"]])
def test_no_way_to_work_together_is_refused(modes: list[str]) -> None:
    assert check(cooperation_modes=modes) == "cooperation_mode_missing /cooperation_modes"


@pytest.mark.parametrize("field", ["title", "summary", "trl", "status"])
def test_what_a_list_needs_cannot_be_hidden(field: str) -> None:
    assert check(confidential_fields=[field]) == "field_not_hideable /confidential_fields"


@pytest.mark.parametrize("field", ["contact_name", "contact_phone"])
def test_a_mask_is_no_contact(field: str) -> None:
    assert check(**{field: "示**"}) == f"contact_masked /{field}"
    assert check(**{field: "02300000001"}) is None


@pytest.mark.parametrize(
    ("days", "refused"), [(-1, True), (0, True), (1, False), (729, False), (730, False), (731, True)]
)
def test_a_listing_ends_after_today_and_within_two_years(days: int, refused: bool) -> None:
    found = check(valid_until_on=TODAY + timedelta(days=days))
    assert found == ("listing_period_invalid /valid_until_on" if refused else None)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("高强铝合金 铸造", "高强铝合金铸造", True),
        ("ＡＩ 检测", "ai检测", True),
        ("高强　铝合金", "高强铝合金", True),
        ("铝合金（铸造）", "铝合金(铸造)", True),
        ("铝\u200b合金", "铝合金", True),
        ("高强铝合金", "高强镁合金", False),
    ],
)
def test_titles_are_the_same_whatever_their_width_case_and_spaces(one: str, other: str, same: bool) -> None:
    assert (listing_key.title_key(one) == listing_key.title_key(other)) is same


@pytest.mark.parametrize("word", ["ＡＩ", "ai", "铝合金(铸造)", "【铸造】", "铝\u200b合金", "工业 软件", "cad"])
def test_a_listing_is_found_however_its_words_are_written(word: str) -> None:
    terms = achievement(title="Ai 铝合金（铸造）", keywords=["工业软件", "ＣＡＤ"])
    assert search_key(word) in listing_key.search_text(terms)
    assert search_key("软件CAD") not in listing_key.search_text(terms)


@given(st.text(max_size=200))
def test_any_title_has_a_key_that_fits_its_column(title: str) -> None:
    assert len(listing_key.title_key(title)) == 64
    assert listing_key.title_key(f" {title}　") == listing_key.title_key(title)


def test_a_second_open_listing_under_the_same_title_is_refused() -> None:
    listing.refuse_duplicate(None)
    with pytest.raises(Refusal) as refused:
        listing.refuse_duplicate("KC-2026-500107-000001")
    assert refused.value.details == {"case_no": "KC-2026-500107-000001"}


@pytest.mark.parametrize(
    ("actor", "sees", "manages", "reviews"),
    [
        (CITY, True, True, True),
        (DISTRICT, True, False, True),
        (OTHER_DISTRICT, False, False, False),
        (ENTERPRISE, True, True, False),
        (STRANGER, False, False, False),
        (BROKER, False, False, False),
        (Actor(client_id="auditor", role=Role.AUDITOR), True, False, False),
        (Actor(client_id="bank-a", role=Role.BANK, party=AGENCY), False, False, False),
    ],
)
def test_who_sees_manages_and_reviews_a_listing(actor: Actor, sees: bool, manages: bool, reviews: bool) -> None:
    one = held()
    assert listing_view.is_insider(one, actor) is sees
    assert listing.may_manage(one, actor) is manages
    assert listing.may_review(one, actor) is reviews


def test_an_agency_manages_what_it_posted_for_others() -> None:
    assert listing.may_manage(held(posted_by="agency-1", poster_party=AGENCY), BROKER)


def test_confidential_fields_are_hidden_from_outsiders_only() -> None:
    hidden = {"authority_sha256", "authority_until_on"}
    assert listing_view.fields_hidden(["technical_details"], insider=True) == frozenset()
    assert listing_view.fields_hidden([], insider=False) == hidden
    assert listing_view.fields_hidden(["technical_details"], insider=False) == hidden | {"technical_details"}
    assert listing_view.fields_hidden(["party_uscc"], insider=False) == hidden | {"party_uscc", "party_name"}
