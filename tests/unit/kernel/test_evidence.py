"""A mirrored fact moves only on evidence that names a number or a document."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.kernel.clock import shanghai_date
from shared.kernel.evidence import Evidence, EvidenceLevel
from shared.kernel.months import add_months

GOOD: dict[str, Any] = {"level": "DOCUMENT", "issued_on": "2026-01-02", "document_sha256": "a" * 64}


def test_levels_grow_stronger() -> None:
    levels = [EvidenceLevel.DECLARED, EvidenceLevel.DOCUMENT, EvidenceLevel.ATTESTED, EvidenceLevel.AUTHORITY_FEED]
    assert [level.strength for level in levels] == [0, 1, 2, 3]


def test_a_document_or_a_number_backs_evidence() -> None:
    assert Evidence.model_validate(GOOD).level is EvidenceLevel.DOCUMENT
    assert Evidence.model_validate(GOOD | {"document_sha256": None, "official_no": "渝高企〔2026〕1号"}).official_no
    assert Evidence.model_validate({"level": "DECLARED", "issued_on": "2026-01-02"}).official_no is None


@pytest.mark.parametrize(
    "changed",
    [
        {"document_sha256": None},
        {"document_sha256": "A" * 64},
        {"document_sha256": "a" * 63},
        {"document_sha256": None, "official_no": " "},
        {"level": "SURE"},
        {"issued_on": "2026-02-30"},
        {"issued_on": None},
    ],
)
def test_evidence_without_backing_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Evidence.model_validate(GOOD | changed)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
    ],
)
def test_a_short_month_ends_on_its_last_day(start: date, months: int, end: date) -> None:
    assert add_months(start, months) == end


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(0, 600))
def test_months_are_counted_by_the_calendar(start: date, months: int) -> None:
    end = add_months(start, months)
    assert (end.year - start.year) * 12 + end.month - start.month == months
    assert end.day <= start.day


def test_the_business_day_is_that_of_shanghai() -> None:
    assert shanghai_date(datetime(2026, 11, 22, 15, 59, tzinfo=UTC)) == date(2026, 11, 22)
    assert shanghai_date(datetime(2026, 11, 22, 16, 0, tzinfo=UTC)) == date(2026, 11, 23)
