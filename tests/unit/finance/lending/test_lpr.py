"""The loan prime rate of a day, against the series as published."""

from datetime import date, timedelta

import pytest

from services.finance.lending.rules import lpr
from shared.kernel.errors import Refusal
from tests.unit.finance.builders import BOOK

PUBLISHED = [
    (date(2019, 8, 20), 42_500),
    (date(2019, 9, 20), 42_000),
    (date(2019, 11, 20), 41_500),
    (date(2020, 2, 20), 40_500),
    (date(2020, 4, 20), 38_500),
    (date(2021, 12, 20), 38_000),
    (date(2022, 1, 20), 37_000),
    (date(2022, 8, 22), 36_500),
    (date(2023, 6, 20), 35_500),
    (date(2023, 8, 21), 34_500),
    (date(2024, 7, 22), 33_500),
    (date(2024, 10, 21), 31_000),
    (date(2025, 5, 20), 30_000),
]


@pytest.mark.parametrize(("on", "ppm"), PUBLISHED)
def test_each_publication_holds_from_its_day(on: date, ppm: int) -> None:
    assert lpr.rate_on(BOOK, on) == ppm


@pytest.mark.parametrize(("place", "on"), [(place, on) for place, (on, _) in enumerate(PUBLISHED) if place])
def test_the_day_before_a_publication_carries_the_old_rate(place: int, on: date) -> None:
    assert lpr.rate_on(BOOK, on - timedelta(days=1)) == PUBLISHED[place - 1][1]


def test_before_the_first_publication_there_is_no_rate() -> None:
    with pytest.raises(Refusal, match="rule_set_not_in_force"):
        lpr.rate_on(BOOK, date(2019, 8, 19))
