"""The one-year loan prime rate (LPR) of a day: what was published, and whether that month's publication is recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.workday import WorkCalendar
from shared.policy.book import RuleBook
from shared.policy.header import Confidence
from shared.policy.number import Number, cell_number
from shared.policy.primary_source import confidence_of
from shared.policy.rule_set import RuleSet
from shared.policy.value_text import value_text

POLICY = "lpr_1y"
_MONTHS = 12
_ARTICLE = "一年期LPR"

LPR_UNKNOWN = RefusalCode(
    code="lpr_unknown",
    status=409,
    title_zh="该日没有可用的一年期LPR：{on}",
    title_en="No one-year LPR is known for {on}",
    way_out_zh="请核对合同日期；LPR自2019-08-20起收录。",
    way_out_en="Check the contract date; the series starts on 2019-08-20.",
)


class LprStatus(StrEnum):
    """Whether the publication that decides a day is recorded here."""

    RECORDED = "RECORDED"
    NOT_RECORDED = "NOT_RECORDED"
    """That month's publication is not recorded: the value is the last one that is, and may have changed since."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One recorded publication; the rate in parts per million."""

    published_on: date
    rate_ppm: int
    source: str


@dataclass(frozen=True, slots=True)
class DayRate:
    """The rate of a day with where it comes from.

    Attributes:
        rate_ppm: the last recorded value, in parts per million.
        status: whether it is that of the publication which decides the day.
        month: the month of that publication, as yyyymm.
        recorded_month: the month of the last recorded publication up to the day, as yyyymm.
        published_on: since when the value holds.
        source: the publication, or what the rule set says of it.
        confidence: how far the value can be trusted; one recorded from the publisher's own page is official.
    """

    rate_ppm: int
    status: LprStatus
    month: int
    recorded_month: int
    published_on: date
    source: str
    article: str
    confidence: Confidence


def on_day(book: RuleBook, on: date, calendar: WorkCalendar, publications: Sequence[Publication] = ()) -> DayRate:
    """Return the one-year LPR of a day; days before a month's publication still carry that of the month before.

    A publication recorded by an officer wins over the series that comes with the rules. A month without a recorded
    publication is told as such: its value is the last one recorded, and is an assumption.

    Raises:
        Refusal: `lpr_unknown`; `rule_set_not_in_force`.

    Source: F-LPR-01 (docs/rules/finance.md).
    """
    rules = book.pick(POLICY, on)
    month = deciding_month(on, rules, calendar)
    shipped = _shipped(rules, on)
    held = [one for one in publications if one.published_on <= on]
    last = max(held, key=lambda one: one.published_on, default=None)
    seen = min(_month(on), rules.param_int("recorded_until_month"))
    recorded = max([seen, *(_month(one.published_on) for one in held)])
    status = LprStatus.RECORDED if recorded >= month else LprStatus.NOT_RECORDED
    if last is not None and (shipped is None or last.published_on >= shipped.published_on):
        found = _Value(last.rate_ppm, last.published_on, last.source, _ARTICLE, confidence_of(last.source))
    elif shipped is not None:
        found = shipped
    else:
        raise Refusal(LPR_UNKNOWN, on=on)
    return DayRate(
        rate_ppm=found.rate_ppm,
        status=status,
        month=month,
        recorded_month=recorded,
        published_on=found.published_on,
        source=found.source,
        article=found.article,
        confidence=found.confidence if status is LprStatus.RECORDED else Confidence.ASSUMED,
    )


def rate_number(rate: DayRate) -> Number:
    """Return the rate as it is told beside what was priced by it, in parts per million.

    Source: F-LPR-01 (docs/rules/finance.md).
    """
    zh, en = value_text(rate.rate_ppm, "ppm")
    return Number(
        name=POLICY,
        value=rate.rate_ppm,
        measure="ppm",
        value_text_zh=zh,
        value_text_en=en,
        label_zh="合同日的一年期LPR",
        label_en="one-year LPR of the day of the contract",
        source=rate.source,
        article=rate.article,
        source_on=rate.published_on,
        confidence=rate.confidence,
    )


def deciding_month(on: date, rules: RuleSet, calendar: WorkCalendar) -> int:
    """Return the month, as yyyymm, whose publication decides a day: the 20th, or the next working day after it.

    Source: F-LPR-02 (docs/rules/finance.md).
    """
    due = calendar.next_working_day(on.replace(day=rules.param_int("publication_day"))).on
    if on >= due:
        return _month(on)
    return _month(on) - 1 if on.month > 1 else (on.year - 1) * 100 + _MONTHS


@dataclass(frozen=True, slots=True)
class _Value:
    """One published value, with where it stands."""

    rate_ppm: int
    published_on: date
    source: str
    article: str
    confidence: Confidence


def _shipped(rules: RuleSet, on: date) -> _Value | None:
    outcome = rules.evaluate({"contract_day_number": on.year * 10_000 + on.month * 100 + on.day})
    row, rate = outcome.hit("lpr").row_id, int(outcome.result["lpr"]["rate_ppm"])
    number = cell_number(rules, "lpr", row, "rate_ppm", rate)
    if rate == 0 or number is None:
        return None
    published_on = date.fromisoformat(row.removeprefix("from_"))
    return _Value(rate, published_on, number.source, number.article, number.confidence)


def _month(on: date) -> int:
    return on.year * 100 + on.month
