"""The loan prime rate of a day, against the series as published."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from services.finance.lending.rules import lpr, lpr_publication
from services.finance.lending.rules.lpr import LprStatus, Publication
from services.finance.lending.rules.lpr_publication import HeldPublication, LprPublicationTerms
from shared.kernel.errors import Refusal
from shared.kernel.workday import PUBLISHED as PUBLISHED_DAYS
from tests.unit.finance.builders import BOOK, TODAY

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
    assert lpr.on_day(BOOK, on, PUBLISHED_DAYS).rate_ppm == ppm


@pytest.mark.parametrize(("place", "on"), [(place, on) for place, (on, _) in enumerate(PUBLISHED) if place])
def test_the_day_before_a_publication_carries_the_old_rate(place: int, on: date) -> None:
    assert lpr.on_day(BOOK, on - timedelta(days=1), PUBLISHED_DAYS).rate_ppm == PUBLISHED[place - 1][1]


def test_before_the_first_publication_there_is_no_rate() -> None:
    with pytest.raises(Refusal, match="rule_set_not_in_force"):
        lpr.on_day(BOOK, date(2019, 8, 19), PUBLISHED_DAYS)


@pytest.mark.parametrize(
    ("on", "month"),
    [
        (date(2026, 7, 20), 202607),
        (date(2026, 7, 19), 202606),
        (date(2026, 6, 21), 202605),  # the 20th is a Saturday: published on Monday the 22nd
        (date(2026, 6, 22), 202606),
        (date(2026, 1, 19), 202512),
    ],
)
def test_the_month_that_decides_a_day_is_published_on_the_20th_or_the_next_working_day(on: date, month: int) -> None:
    assert lpr.deciding_month(on, BOOK.pick(lpr.POLICY, on), PUBLISHED_DAYS) == month


@pytest.mark.parametrize(
    ("on", "status", "trust"),
    [
        (date(2026, 8, 19), LprStatus.RECORDED, "reported"),
        (date(2026, 8, 20), LprStatus.NOT_RECORDED, "assumed"),
        (date(2027, 11, 28), LprStatus.NOT_RECORDED, "assumed"),
    ],
)
def test_a_month_without_a_recorded_publication_is_never_told_without_a_mark(
    on: date, status: LprStatus, trust: str
) -> None:
    found = lpr.on_day(BOOK, on, PUBLISHED_DAYS)
    assert (found.rate_ppm, found.status, found.confidence) == (30_000, status, trust)
    assert found.recorded_month == 202607


def test_a_recorded_publication_decides_from_its_day_and_the_month_after_it_is_open_again() -> None:
    recorded = [Publication(date(2026, 11, 20), 29_000, "公告")]
    before, since = (lpr.on_day(BOOK, on, PUBLISHED_DAYS, recorded) for on in (date(2026, 11, 19), date(2026, 11, 20)))
    assert (before.rate_ppm, before.status) == (30_000, LprStatus.NOT_RECORDED)
    assert (since.rate_ppm, since.status, since.source, since.confidence) == (
        29_000,
        LprStatus.RECORDED,
        "公告",
        "reported",
    )
    read = [Publication(date(2026, 11, 20), 29_000, "https://www.chinamoney.com.cn/chinese/bklpr/")]
    assert lpr.on_day(BOOK, date(2026, 11, 20), PUBLISHED_DAYS, read).confidence == "official"
    later = lpr.on_day(BOOK, date(2026, 12, 25), PUBLISHED_DAYS, recorded)
    assert (later.rate_ppm, later.status, later.recorded_month) == (29_000, LprStatus.NOT_RECORDED, 202611)


def record(held: HeldPublication | None = None, before_ppm: int | None = 30_000, **fields: object) -> int:
    """Record a publication of November 2026, with some fields changed."""
    given = {
        "published_on": date(2026, 11, 20),
        "rate_ppm": 29_000,
        "source": "全国银行间同业拆借中心公告",
        "evidence": {"level": "DOCUMENT", "issued_on": date(2026, 11, 20), "official_no": "2026-11-20公告"},
    }
    return lpr_publication.record(
        LprPublicationTerms.model_validate(given | fields),
        BOOK.pick(lpr.POLICY, TODAY),
        before_ppm=before_ppm,
        held=held,
        today=TODAY,
    )


def test_a_publication_is_recorded_under_its_month() -> None:
    assert record() == 202611
    assert record(rate_ppm=20_000, confirmed=True) == 202611


HELD = HeldPublication(UUID(int=7), 30_000)


@pytest.mark.parametrize(
    ("held", "fields", "code"),
    [
        (None, {"published_on": TODAY + timedelta(days=1)}, "lpr_publication_date_invalid"),
        (None, {"published_on": date(2019, 8, 19)}, "lpr_publication_date_invalid"),
        (None, {"rate_ppm": 3}, "lpr_publication_implausible"),
        (None, {"rate_ppm": 24_999}, "lpr_publication_implausible"),
        (None, {"rate_ppm": 300_000, "confirmed": True}, "lpr_publication_implausible"),
        (None, {"replaces_id": HELD.id}, "lpr_nothing_to_replace"),
        (HELD, {}, "lpr_already_recorded"),
        (HELD, {"replaces_id": UUID(int=8)}, "lpr_nothing_to_replace"),
        (None, {"evidence": {"level": "DECLARED", "issued_on": TODAY}}, "lpr_evidence_too_weak"),
    ],
)
def test_a_publication_that_cannot_be_right_is_refused(
    held: HeldPublication | None, fields: dict[str, object], code: str
) -> None:
    with pytest.raises(Refusal, match=code):
        record(held, **fields)


def test_a_mistaken_record_is_replaced_by_naming_it() -> None:
    assert record(HELD, replaces_id=HELD.id) == 202611
