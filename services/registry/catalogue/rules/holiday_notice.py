"""The State Council's yearly holiday notice, recorded with its source; a mistaken one is replaced, not changed."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, Strict

from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.shape import Shape
from shared.kernel.types import Day, ShortText

FIRST_YEAR = 2008
"""The notices of earlier years come with the product and are not recorded: their numbers were not seen."""
_DECEMBER = 12
_FRIDAY = 4
_ALWAYS_OFF = ((1, 1), (5, 1), (10, 1))

HOLIDAY_NOTICE_DAYS_INVALID = RefusalCode(
    code="holiday_notice_days_invalid",
    status=422,
    title_zh="放假或上班日期有误：{on}",
    title_en="A day off or a day of work cannot be right: {on}",
    way_out_zh="请按通知核对：日期应在该年或上年12月；上班日应为周六或周日，且不与放假日重复；元旦、劳动节、国庆节当日应放假。",
    way_out_en=(
        "Check it with the notice: days lie in the year or the December before, days of work are Saturdays or Sundays "
        "and no days off, and New Year, Labour Day and National Day are off."
    ),
)
HOLIDAY_NOTICE_NOT_ISSUED = RefusalCode(
    code="holiday_notice_not_issued",
    status=422,
    title_zh="通知的发布日期不得晚于今天",
    title_en="A notice is recorded once it has been issued",
    way_out_zh="请按通知填写发布日期。",
    way_out_en="Give the day of the notice.",
)
HOLIDAY_NOTICE_ALREADY_RECORDED = RefusalCode(
    code="holiday_notice_already_recorded",
    status=409,
    title_zh="{year} 年的通知已登记：{number}",
    title_en="The notice of {year} is recorded already: {number}",
    way_out_zh="如登记有误，请作为对原登记的更正提交。",
    way_out_en="If it is wrong, submit it as a correction of that record.",
    hint_zh="replaces_id 填 {held_id}。",
    hint_en="Give {held_id} as replaces_id.",
)
HOLIDAY_NOTICE_NOTHING_TO_REPLACE = RefusalCode(
    code="holiday_notice_nothing_to_replace",
    status=409,
    title_zh="要更正的登记不是该年现行的登记",
    title_en="What is to be corrected is not the record in force of that year",
    way_out_zh="请先查看该年的登记。",
    way_out_en="Look at the records of that year first.",
    hint_zh="GET /v1/holiday-notices。",
    hint_en="GET /v1/holiday-notices.",
)


class HolidayNoticeTerms(Shape):
    """What an officer records: the year's days off and days of work, the number of the notice and where it was read."""

    year: Annotated[int, Strict(), Field(ge=FIRST_YEAR, le=2199)]
    number: ShortText
    issued_on: Day
    source: ShortText
    off_days: Annotated[list[Day], Field(min_length=1, max_length=80)]
    work_days: Annotated[list[Day], Field(max_length=40)] = Field(default_factory=list)
    replaces_id: UUID | None = None


def record(terms: HolidayNoticeTerms, *, held_id: UUID | None, held_number: str, today: date) -> None:
    """Decide whether a notice may be recorded.

    Args:
        terms: what is to be recorded.
        held_id: the record in force of that year, None without one.
        held_number: number of the notice of that record.
        today: business date.

    Raises:
        Refusal: `holiday_notice_not_issued`; `holiday_notice_days_invalid`; `holiday_notice_already_recorded`;
            `holiday_notice_nothing_to_replace`.

    Source: R-HOL-01 (docs/rules/registry.md).
    """
    if terms.issued_on > today:
        raise Refusal(HOLIDAY_NOTICE_NOT_ISSUED, pointer="/issued_on")
    _check_days(terms)
    if held_id is not None and terms.replaces_id is None:
        raise Refusal(
            HOLIDAY_NOTICE_ALREADY_RECORDED,
            pointer="/year",
            year=terms.year,
            number=held_number,
            held_id=str(held_id),
        )
    if terms.replaces_id != held_id:
        raise Refusal(HOLIDAY_NOTICE_NOTHING_TO_REPLACE, pointer="/replaces_id")


def _check_days(terms: HolidayNoticeTerms) -> None:
    for pointer, wrong in (("/off_days", _wrong_off(terms)), ("/work_days", _wrong_work(terms))):
        for on in wrong:
            raise Refusal(HOLIDAY_NOTICE_DAYS_INVALID, pointer=pointer, on=on)


def _wrong_off(terms: HolidayNoticeTerms) -> list[date]:
    missing = [date(terms.year, month, day) for month, day in _ALWAYS_OFF]
    return [*_outside(terms.off_days, terms.year), *(on for on in missing if on not in terms.off_days)]


def _wrong_work(terms: HolidayNoticeTerms) -> list[date]:
    either = [on for on in terms.work_days if on.weekday() <= _FRIDAY or on in terms.off_days]
    return [*_outside(terms.work_days, terms.year), *either]


def _outside(days: Iterable[date], year: int) -> list[date]:
    return [on for on in days if on.year != year and (on.year, on.month) != (year - 1, _DECEMBER)]
