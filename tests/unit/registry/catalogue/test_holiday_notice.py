"""A holiday notice is recorded as it was issued, or refused where it cannot be right."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from services.registry.catalogue.rules.holiday_notice import HolidayNoticeTerms, record
from shared.kernel.errors import Refusal

TODAY = date(2026, 11, 28)
HELD = UUID(int=7)
NOTICE = {
    "year": 2027,
    "number": "示例〔2026〕1号",
    "issued_on": date(2026, 11, 20),
    "source": "https://www.gov.cn/example.htm",
    "off_days": [date(2026, 12, 31), date(2027, 1, 1), date(2027, 5, 1), date(2027, 10, 1)],
    "work_days": [date(2027, 1, 2)],
}


def recorded(held: UUID | None = None, **fields: object) -> None:
    """Record a notice of 2027 with some fields changed."""
    terms = HolidayNoticeTerms.model_validate(NOTICE | fields)
    record(terms, held_id=held, held_number="示例〔2026〕1号", today=TODAY)


def test_a_notice_is_recorded_and_a_correction_names_the_record_in_force() -> None:
    recorded()
    recorded(HELD, replaces_id=HELD)


@pytest.mark.parametrize(
    "fields",
    [
        {"off_days": [date(2027, 1, 1), date(2027, 5, 1)]},
        {"off_days": [*NOTICE["off_days"], date(2028, 1, 1)]},  # type: ignore[misc]
        {"off_days": [*NOTICE["off_days"], date(2026, 11, 30)]},  # type: ignore[misc]
        {"work_days": [date(2027, 1, 4)]},
        {"work_days": [date(2027, 5, 1)]},
        {"work_days": [date(2026, 1, 3)]},
    ],
)
def test_days_that_cannot_be_right_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(Refusal, match="holiday_notice_days_invalid"):
        recorded(**fields)


@pytest.mark.parametrize(
    ("held", "fields", "code"),
    [
        (None, {"issued_on": TODAY + timedelta(days=1)}, "holiday_notice_not_issued"),
        (HELD, {}, "holiday_notice_already_recorded"),
        (HELD, {"replaces_id": UUID(int=8)}, "holiday_notice_nothing_to_replace"),
        (None, {"replaces_id": HELD}, "holiday_notice_nothing_to_replace"),
    ],
)
def test_a_second_record_and_a_correction_of_another_are_refused(
    held: UUID | None, fields: dict[str, object], code: str
) -> None:
    with pytest.raises(Refusal, match=code):
        recorded(held, **fields)
