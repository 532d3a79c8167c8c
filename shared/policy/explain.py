"""Why a score is what it is: every indicator with its value, the tier it hit, and what the next tier needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from shared.policy.cell import Kind, Scalar
from shared.policy.fact import Fact
from shared.policy.header import Confidence, Direction, Indicator
from shared.policy.rule_set import Outcome, RuleSet
from shared.policy.table import Row, Table
from shared.policy.value_text import value_text


class Status(StrEnum):
    """Whether the indicator was scored; one that was not gives 0 points and says why."""

    ASSESSED = "assessed"
    NOT_ASSESSED = "not_assessed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextTier:
    """The nearest tier with more points that a change of this one indicator reaches.

    Attributes:
        row: its row id.
        points_milli: its points in thousandths.
        needs: the value at which it begins, in the unit of the indicator.
        distance: how far the present value is from it, 0 or more; None where no value is known.
        text_zh: both in words, in Chinese.
        text_en: both in words, in English.
    """

    row: str
    points_milli: int
    needs: int
    distance: int | None
    text_zh: str
    text_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorLine:
    """One line of an explanation; points are thousandths."""

    indicator: str
    label_zh: str
    label_en: str
    value: Scalar | None
    unit: str
    value_text_zh: str
    value_text_en: str
    tier: str | None
    points_milli: int
    max_points_milli: int
    next_tier: NextTier | None = None
    article: str
    source: str
    confidence: Confidence
    note_zh: str | None = None
    note_en: str | None = None
    status: Status = Status.ASSESSED

    @classmethod
    def of(
        cls,
        indicator: Indicator,
        *,
        value: Scalar | None,
        texts: tuple[str, str],
        tier: str | None,
        points_milli: int,
        **others: Any,  # noqa: ANN401  # the fields that have a default
    ) -> Self:
        """Return the line of an indicator, with its names and its source."""
        return cls(
            indicator=indicator.id,
            label_zh=indicator.label_zh,
            label_en=indicator.label_en,
            value=value,
            unit=indicator.unit,
            value_text_zh=texts[0],
            value_text_en=texts[1],
            tier=tier,
            points_milli=points_milli,
            max_points_milli=indicator.max_points_milli,
            article=indicator.article,
            source=indicator.source,
            confidence=indicator.confidence,
            **others,
        )


def lines(rule_set: RuleSet, outcome: Outcome, facts: Mapping[str, Any]) -> list[IndicatorLine]:
    """Return a line for each indicator of the evaluated tables, and for those that cannot be assessed yet."""
    plain = {name: one.value if isinstance(one, Fact) else one for name, one in facts.items()}
    evaluated = {hit.node for hit in outcome.hits}
    return [
        _unassessed(one) if one.node is None else _line(rule_set, one, outcome, plain)
        for one in rule_set.indicators
        if one.node is None or one.node in evaluated
    ]


def _unassessed(indicator: Indicator) -> IndicatorLine:
    return IndicatorLine.of(
        indicator,
        value=None,
        texts=("未评", "not assessed"),
        tier=None,
        points_milli=0,
        note_zh=indicator.note_zh,
        note_en=indicator.note_en,
        status=Status.NOT_ASSESSED,
    )


def _line(rule_set: RuleSet, indicator: Indicator, outcome: Outcome, facts: Mapping[str, Any]) -> IndicatorLine:
    if rule_set.graph is None or indicator.node is None or indicator.input is None:  # kept out by the checks of `parse`
        raise LookupError(indicator.id)
    hit = outcome.hit(indicator.node)
    known = dict(facts) | {
        f"{table}.{name}": value for table, row in outcome.result.items() for name, value in row.items()
    }
    value = known[indicator.input]
    missing = value is None
    return IndicatorLine.of(
        indicator,
        value=value,
        texts=value_text(value, indicator.unit),
        tier=hit.row_id,
        points_milli=hit.points_milli,
        next_tier=next_tier(rule_set.graph.table(indicator.node), indicator, known),
        note_zh=indicator.note_zh or ("没有可用的数据，计 0 分" if missing else None),
        note_en=indicator.note_en or ("no data to assess, counted as 0" if missing else None),
        status=Status.NOT_ASSESSED if missing else Status.ASSESSED,
    )


def next_tier(table: Table, indicator: Indicator, facts: Mapping[str, Any]) -> NextTier | None:
    """Return the nearest better tier that a change of this indicator alone reaches in its good direction, or None.

    Where the value is unknown, the lowest tier that gives points stands for it.
    """
    if indicator.input is None:
        return None
    place = table.inputs.index(indicator.input)
    if table.kinds[place] is not Kind.INTEGER:
        return None
    value = facts[indicator.input]
    upward = indicator.direction is Direction.HIGHER
    here = table.hit(facts).points_milli
    reached: list[tuple[int, Row]] = []
    for row in table.rows:
        edge = row.conditions[place].low if upward else row.conditions[place].high
        if edge is None or (value is not None and (edge <= value if upward else edge >= value)):
            continue
        there = table.hit({**facts, indicator.input: edge})
        if there.points_milli > here:
            reached.append((edge, there))
    if not reached:
        return None
    needs, row = min(reached, key=lambda one: one[0]) if upward else max(reached, key=lambda one: one[0])
    return _described(indicator, row, needs, value)


def _described(indicator: Indicator, row: Row, needs: int, value: int | None) -> NextTier:
    distance = None if value is None else abs(needs - value)
    need_zh, need_en = value_text(needs, indicator.unit)
    points_zh, points_en = value_text(row.points_milli, "milli_points")
    gap_zh, gap_en = value_text(distance, "ppm_points" if indicator.unit == "ppm" else indicator.unit)
    bound_zh, bound_en = ("达到", "at least") if indicator.direction is Direction.HIGHER else ("降至", "at most")
    tail_zh, tail_en = ("", "") if distance is None else (f"（还差 {gap_zh}）", f" ({gap_en} away)")
    return NextTier(
        row=row.row_id,
        points_milli=row.points_milli,
        needs=needs,
        distance=distance,
        text_zh=f"{bound_zh} {need_zh}{tail_zh}，可得 {points_zh}",
        text_en=f"{points_en} with {bound_en} {need_en}{tail_en}",
    )
