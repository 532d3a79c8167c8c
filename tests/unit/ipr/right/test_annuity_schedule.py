"""Two hundred generated annuity schedules against a second calculation written from the tariff and the guidelines."""

import random
from datetime import date, timedelta

import chinese_calendar
import pytest

from services.ipr.right.rules.annuity import FeeCase, Payers, in_grace, next_due
from services.ipr.right.rules.right_kind import RightKind
from shared.kernel.workday import PUBLISHED
from tests.support.oracle import annuity as oracle
from tests.unit.ipr.rule_sets import book

RULES = book().pick("annual_fee", date(2026, 11, 23))
TERM_YEARS = {RightKind.INVENTION: 20, RightKind.UTILITY_MODEL: 10, RightKind.DESIGN: 15}
FIRST, LAST = date(2004, 1, 1), date(2026, 12, 31)
DAYS = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
HOLIDAYS = frozenset(day for day in DAYS if day.weekday() < 5 and not chinese_calendar.is_workday(day))
MADE_UP = frozenset(day for day in DAYS if day.weekday() >= 5 and chinese_calendar.is_workday(day))


def generated(seed: int) -> tuple[FeeCase, int]:
    """Return a patent and the number of its years; every fifth invention has a compensated term."""
    chance = random.Random(seed)  # a schedule, not a secret
    kind = chance.choice(list(TERM_YEARS))
    filed_on = date(2004, 1, 1) + timedelta(days=chance.randrange(8_000))
    granted_on = filed_on + timedelta(days=chance.randrange(120, 2_500))
    more = chance.randrange(1, 6) if kind is RightKind.INVENTION and chance.random() < 0.2 else 0
    years = TERM_YEARS[kind] + more
    ends_on = oracle.later(filed_on, 12 * years) - timedelta(days=1)
    return FeeCase(kind, filed_on, granted_on, chance.choice(list(Payers)), ends_on, chance.random() < 0.3), years


@pytest.mark.parametrize("seed", range(200))
def test_two_hundred_generated_schedules_agree_with_the_second_calculation(seed: int) -> None:
    case, years = generated(seed)
    expected = oracle.schedule(
        case.kind.value,
        case.filed_on,
        case.granted_on,
        payers=case.payers.value,
        open_licence=case.open_licence,
        years=years,
        holidays=HOLIDAYS | fixed_holidays(),
        made_up=MADE_UP,
    )
    for due in expected:
        told = next_due(case, due.due_on, RULES, PUBLISHED)
        assert told is not None
        assert (told.patent_year, told.fee_fen, told.due_on, told.grace_until_on) == (
            due.year,
            due.fen,
            due.due_on,
            due.grace_until_on,
        )
        for days in (1, 31, 62, 100, 130, 160, 181):
            paid_on = min(due.due_on + timedelta(days=days), due.grace_until_on)
            late = in_grace(case, paid_on, RULES, PUBLISHED)
            assert late is not None
            assert late.patent_year == due.year
            if late.full_fee_fen is not None:
                assert late.surcharge_fen == late.full_fee_fen * oracle.late_percent(due.due_on, paid_on) // 100
        assert in_grace(case, due.grace_until_on + timedelta(days=1), RULES, PUBLISHED) is None
    assert next_due(case, oracle.later(case.filed_on, 12 * years), RULES, PUBLISHED) is None


def fixed_holidays() -> frozenset[date]:
    """Return the holidays that are the same in every year, for the years without a notice yet."""
    days = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))
    return frozenset(date(year, month, day) for year in range(2027, 2060) for month, day in days)


def test_a_schedule_that_forgets_the_working_day_would_be_found() -> None:
    case = FeeCase(RightKind.INVENTION, date(2020, 10, 1), date(2022, 6, 1), Payers.NOT_ELIGIBLE, date(2040, 9, 30))
    due = next_due(case, date(2025, 9, 1), RULES, PUBLISHED)
    assert due is not None
    assert due.due_on != oracle.later(case.filed_on, 60)
