"""The IP summary of a firm: classes, validity, high value, blemishes and weights."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ipr.right.rules.portfolio import HeldRight, is_high_value, stands, summarise, weight_milli
from services.ipr.right.rules.right import HighValueGround
from services.ipr.right.rules.right_kind import RightKind
from services.ipr.right.rules.right_status import LegalStatus
from shared.kernel.evidence import EvidenceLevel
from shared.kernel.months import add_months
from tests.unit.ipr.rule_sets import book

ON = date(2026, 11, 23)
RULES = book().pick("ip_portfolio", ON)
K, S = RightKind, LegalStatus
CLASS_1 = {
    K.INVENTION,
    K.DEFENCE_PATENT,
    K.PLANT_VARIETY,
    K.CROP_VARIETY,
    K.NEW_DRUG,
    K.TCM_PROTECTED,
    K.IC_LAYOUT,
}
CLASS_2 = {K.UTILITY_MODEL, K.DESIGN, K.SOFTWARE_COPYRIGHT}
PATENT = HeldRight(
    kind=K.INVENTION,
    status=S.GRANTED,
    level=EvidenceLevel.DOCUMENT,
    share_ppm=1_000_000,
    filed_on=date(2022, 3, 1),
    granted_on=date(2024, 1, 1),
    ends_on=date(2042, 2, 28),
)


@pytest.mark.parametrize("kind", K)
def test_each_kind_falls_into_its_class(kind: RightKind) -> None:
    summary = summarise([replace(PATENT, kind=kind)], RULES, ON)
    assert (summary.class_1_count, summary.class_2_count) == (int(kind in CLASS_1), int(kind in CLASS_2))
    assert [(one.kind, one.count) for one in summary.kinds] == [(kind.value, 1)]


@pytest.mark.parametrize("status", S)
def test_only_rights_in_force_count(status: LegalStatus) -> None:
    right = replace(PATENT, status=status)
    summary = summarise([right], RULES, ON)
    assert summary.class_1_count == int(status in {S.GRANTED, S.RESTORED, S.INVALID_PART})
    # An invalidation decision that may still be sued: neither counted nor gone, but blemished.
    assert summary.blemished_count == int(status is S.INVALIDATION_DECIDED)
    assert stands(right, RULES, ON) == bool(summary.class_1_count or summary.blemished_count)


def test_a_right_counts_to_its_last_day_whatever_its_status_says() -> None:
    right = replace(PATENT, ends_on=ON)
    assert stands(right, RULES, ON)
    assert not stands(right, RULES, ON + timedelta(days=1))


def test_what_is_merely_declared_does_not_count() -> None:
    counted = [level for level in EvidenceLevel if stands(replace(PATENT, level=level), RULES, ON)]
    assert counted == [EvidenceLevel.DOCUMENT, EvidenceLevel.ATTESTED, EvidenceLevel.AUTHORITY_FEED]


def test_a_blemished_right_leaves_every_count_but_its_own() -> None:
    blemished = replace(PATENT, blemished=True, grounds=frozenset(HighValueGround))
    summary = summarise([PATENT, blemished], RULES, ON)
    assert (summary.class_1_count, summary.high_value_count, summary.blemished_count) == (1, 0, 1)
    assert summary.kinds[0].count == 1


@pytest.mark.parametrize("ground", HighValueGround)
def test_each_ground_makes_an_invention_of_high_value_and_no_other_kind(ground: HighValueGround) -> None:
    marked = replace(PATENT, grounds=frozenset({ground}))
    assert is_high_value(marked, RULES, ON)
    for kind in set(K) - {K.INVENTION}:
        assert not is_high_value(replace(marked, kind=kind), RULES, ON)


@pytest.mark.parametrize(
    ("filed_on", "expected"), [(date(2016, 11, 22), True), (date(2016, 11, 23), False), (None, False)]
)
def test_an_invention_maintained_for_more_than_ten_years_is_of_high_value(
    filed_on: date | None, *, expected: bool
) -> None:
    assert is_high_value(replace(PATENT, filed_on=filed_on), RULES, ON) is expected


# Over on the day after `ends_on`: eight full years count whole, then one eighth less for each year begun.
WEIGHTS = [
    (date(2034, 11, 22), 1000),
    (date(2034, 11, 21), 1000),
    (date(2033, 11, 23), 1000),
    (date(2033, 11, 22), 875),
    (date(2032, 11, 22), 750),
    (date(2027, 11, 23), 250),
    (date(2027, 11, 22), 125),
    (date(2026, 11, 23), 125),
    (date(2026, 11, 22), 0),
    (None, 1000),
]


@pytest.mark.parametrize(("ends_on", "milli"), WEIGHTS)
def test_a_right_weighs_less_in_its_last_eight_years(ends_on: date | None, milli: int) -> None:
    assert weight_milli(replace(PATENT, ends_on=ends_on), RULES, ON) == milli


def test_co_owners_count_the_right_each_and_weigh_it_by_their_shares() -> None:
    third = replace(PATENT, share_ppm=333_333)
    [kind] = summarise([third], RULES, ON).kinds
    assert (kind.count, kind.weighted_milli) == (1, 333)
    [kind] = summarise([third, third, third], RULES, ON).kinds
    assert (kind.count, kind.weighted_milli) == (3, 1000)  # 999.999, rounded once


def test_an_empty_firm_has_an_empty_summary() -> None:
    summary = summarise([], RULES, ON)
    assert (summary.class_1_count, summary.kinds, summary.next_change_on) == (0, (), None)


def test_the_event_tells_the_summary_with_its_rule_set() -> None:
    told = summarise([PATENT], RULES, ON).told("91500000MAEX000015", ON, RULES)
    assert (told.class_1_count, told.as_of_on, told.rule_set_sha256) == (1, ON, RULES.sha256)


RIGHTS = st.builds(
    HeldRight,
    kind=st.sampled_from(list(K)),
    status=st.sampled_from(list(S)),
    level=st.sampled_from(list(EvidenceLevel)),
    share_ppm=st.integers(1, 1_000_000),
    filed_on=st.none() | st.dates(date(2000, 1, 1), ON),
    granted_on=st.none(),
    ends_on=st.none() | st.dates(date(2020, 1, 1), date(2046, 1, 1)),
    grounds=st.frozensets(st.sampled_from(list(HighValueGround))),
    blemished=st.booleans(),
)


@given(st.lists(RIGHTS, max_size=12))
def test_counts_and_weights_agree_with_a_second_calculation(rights: list[HeldRight]) -> None:
    summary = summarise(rights, RULES, ON)
    clean = [
        right
        for right in rights
        if right.status in {S.GRANTED, S.RESTORED, S.INVALID_PART}
        and right.level is not EvidenceLevel.DECLARED
        and not right.blemished
        and (right.ends_on is None or right.ends_on >= ON)
    ]
    assert summary.class_1_count == sum(right.kind in CLASS_1 for right in clean)
    assert summary.class_2_count == sum(right.kind in CLASS_2 for right in clean)
    assert sum(kind.count for kind in summary.kinds) == len(clean)
    for kind in summary.kinds:
        exact = sum(
            (
                Fraction(right.share_ppm, 1_000_000) * min(1, Fraction(begun_years(right.ends_on), 8))
                for right in clean
                if right.kind.value == kind.kind
            ),
            Fraction(0),
        )
        assert abs(kind.weighted_milli - exact * 1000) <= Fraction(1, 2)


def begun_years(ends_on: date | None) -> int:
    """Return the years that are left, a begun one counted whole; eight for a right without end."""
    if ends_on is None:
        return 8
    over, years = ends_on + timedelta(days=1), 0
    while years < 8 and add_months(over, -12 * years) > ON:
        years += 1
    return years


STANDING = st.builds(
    replace,
    st.just(PATENT),
    kind=st.sampled_from([K.INVENTION, K.UTILITY_MODEL]),
    filed_on=st.none() | st.dates(date(2010, 1, 1), ON),
    ends_on=st.none() | st.dates(ON, date(2040, 1, 1)),
    blemished=st.booleans(),
)


@given(st.lists(STANDING, min_size=1, max_size=3), st.integers(0, 5000))
def test_summing_up_on_the_days_named_is_as_good_as_every_day(rights: list[HeldRight], days: int) -> None:
    later = ON + timedelta(days=days)
    held = summarise(rights, RULES, ON)
    while held.next_change_on is not None and held.next_change_on <= later:
        held = summarise(rights, RULES, held.next_change_on)
    assert replace(held, next_change_on=None) == replace(summarise(rights, RULES, later), next_change_on=None)


@given(RIGHTS, st.integers(0, 4000))
def test_a_weight_never_grows_as_days_pass(right: HeldRight, days: int) -> None:
    later = ON + timedelta(days=days)
    assert weight_milli(right, RULES, later) >= weight_milli(right, RULES, later + timedelta(days=1)) >= 0
