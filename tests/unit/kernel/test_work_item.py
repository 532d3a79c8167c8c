"""How near the day of a waiting case is."""

from datetime import date, timedelta

import pytest

from shared.kernel.work_item import DueStatus, due_soon_days, due_status, last_day_soon

TODAY = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("days", "status"),
    [(-1, "OVERDUE"), (0, "SOON"), (3, "SOON"), (4, "LATER"), (400, "LATER")],
)
def test_a_day_is_later_then_soon_then_overdue(days: int, status: str) -> None:
    assert due_status(TODAY + timedelta(days=days), TODAY) is DueStatus(status)


def test_a_case_without_a_clock_has_no_day() -> None:
    assert due_status(None, TODAY) is DueStatus.NONE


def test_the_number_of_days_is_data() -> None:
    assert due_soon_days() == 3
    assert last_day_soon(TODAY) == TODAY + timedelta(days=3)
