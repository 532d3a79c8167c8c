"""Every number of an answer with where it comes from: source, article, day and how far it can be trusted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from shared.policy.cell import Scalar
from shared.policy.cell_source import source_of
from shared.policy.header import CellSource, Confidence, Indicator, Parameter, Value
from shared.policy.rule_set import RuleSet
from shared.policy.table import POINTS
from shared.policy.value_text import value_text

_CODE = "code"
_POINTS = "milli_points"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One number, word or list of a rule set, as it is shown.

    Attributes:
        name: its name in the rule set; cells are called `<table>.<row>.<column>`.
        value: the value, in the unit `measure`.
        measure: what it is counted in, such as fen, ppm, months.
        value_text_zh: the value in words, in Chinese.
        value_text_en: the same in English.
        source_on: day of the source; the first day of the rule set where that of the source is not known.
    """

    name: str
    value: Value
    measure: str
    value_text_zh: str
    value_text_en: str
    label_zh: str
    label_en: str
    source: str
    article: str
    source_on: date
    confidence: Confidence


def parameter_number(rule_set: RuleSet, name: str) -> Number:
    """Return a parameter with its source.

    Raises:
        KeyError: this rule set has none of that name.
    """
    entry = rule_set.param(name)
    return _number(rule_set, name, entry.value, entry.unit, entry)


def parameter_numbers(rule_set: RuleSet, names: Iterable[str] | None = None) -> list[Number]:
    """Return the named parameters with their sources, all of them where none are named."""
    return [parameter_number(rule_set, name) for name in (rule_set.parameters if names is None else names)]


def cell_number(rule_set: RuleSet, table: str, row: str, column: str, value: Scalar) -> Number | None:
    """Return the value of one cell with its source; None where the rule set names none for it."""
    entry: CellSource | Indicator | None = source_of(rule_set.cells, table, column, row)
    if entry is None:
        entry = next((one for one in rule_set.indicators if one.node == table), None)
    if entry is None:
        return None
    return _number(rule_set, f"{table}.{row}.{column}", value, _measure(entry, column), entry)


def bound_number(rule_set: RuleSet, table: str, row: str) -> Number | None:
    """Return the value at which a row of a table with one input begins, with its source; None where it has no bound.

    Raises:
        KeyError: no such table.
    """
    if rule_set.graph is None:
        return None
    held = rule_set.graph.table(table)
    low = next((one.conditions[0].low for one in held.rows if one.row_id == row), None)
    if low is None:
        return None
    entry: CellSource | Indicator | None = source_of(rule_set.cells, table, held.inputs[0], row)
    if entry is None:
        entry = next((one for one in rule_set.indicators if one.node == table), None)
    if entry is None:
        return None
    measure = entry.measure if isinstance(entry, CellSource) else entry.unit
    return _number(rule_set, f"{table}.{row}.{held.inputs[0]}", low, measure, entry)


def _measure(entry: CellSource | Indicator, column: str) -> str:
    """Return what a cell is counted in: an indicator has the unit of what it judges, and judges in points."""
    if isinstance(entry, CellSource):
        return entry.measure
    return entry.unit if column == entry.input else _POINTS if column == POINTS else "bare"


def _number(
    rule_set: RuleSet, name: str, value: Value, measure: str, entry: Parameter | CellSource | Indicator
) -> Number:
    zh, en = _texts(value, measure)
    if measure == _CODE and zh == value:
        zh, en = entry.label_zh, entry.label_en  # a code that is its own row says what it means by its label
    return Number(
        name=name,
        value=value,
        measure=measure,
        value_text_zh=zh,
        value_text_en=en,
        label_zh=entry.label_zh,
        label_en=entry.label_en,
        source=entry.source,
        article=entry.article,
        source_on=entry.source_on or rule_set.header.issued_on or rule_set.header.effective_from,
        confidence=entry.confidence,
    )


def _texts(value: Value, measure: str) -> tuple[str, str]:
    if isinstance(value, tuple):
        texts = [value_text(one, measure) for one in value]
        return "、".join(zh for zh, _ in texts), ", ".join(en for _, en in texts)
    return value_text(value, measure)
