"""How a rule set is shown: its period and source, each number with its own, its tables in words, and its history."""

from datetime import date
from typing import Self

from pydantic import BaseModel, Field

from shared.policy.book import RuleBook
from shared.policy.cell import Condition, Kind, Scalar
from shared.policy.header import Confidence, Direction
from shared.policy.number import cell_number, parameter_numbers
from shared.policy.number_read import LegalBasisRead, NumberRead
from shared.policy.rule_set import RuleSet
from shared.policy.table import ROW, Row, Table
from shared.policy.trust import trust_of
from shared.policy.value_text import value_text

_BARE = "bare"


class RuleSetSummary(BaseModel):
    """One version of a policy: when it holds, what it rests on, and which version corrects which."""

    policy: str
    version: str
    sha256: str
    status: str
    title_zh: str
    title_en: str
    valid_from_on: date
    valid_until_on: date | None
    source_doc: str
    source_no: str
    articles: list[str]
    issued_on: date | None
    supersedes: str | None
    superseded_by: str | None
    weakest_confidence: Confidence | None
    confidence_text_zh: str
    confidence_text_en: str
    legal_basis: LegalBasisRead | None

    @classmethod
    def of(cls, rule_set: RuleSet, book: RuleBook) -> Self:
        """Return a version without its numbers."""
        header, heir, trust = rule_set.header, book.superseded_by(rule_set), trust_of(rule_set)
        return cls(
            policy=rule_set.policy,
            version=rule_set.version,
            sha256=rule_set.sha256,
            status=header.status.value,
            title_zh=header.title_zh,
            title_en=header.title_en,
            valid_from_on=header.effective_from,
            valid_until_on=header.effective_to,
            source_doc=header.source_doc,
            source_no=header.source_no,
            articles=list(header.articles),
            issued_on=header.issued_on,
            supersedes=header.supersedes,
            superseded_by=None if heir is None else heir.version,
            weakest_confidence=trust.weakest,
            confidence_text_zh=trust.text_zh,
            confidence_text_en=trust.text_en,
            legal_basis=LegalBasisRead.of(header.legal_basis),
        )


class IndicatorRead(BaseModel):
    """A scored indicator: the table that scores it, its most points and its source."""

    id: str
    table: str | None
    measure: str
    label_zh: str
    label_en: str
    max_points_milli: int
    better: Direction
    source: str
    article: str
    source_on: date
    confidence: Confidence
    note_zh: str | None
    note_en: str | None


class ConditionRead(BaseModel):
    """What one column of a row accepts: both bounds are included, null is no bound; `texts` are exact values.

    `number` carries the source of a bound: of the lower one where there are two, null where the row accepts anything.
    """

    column: str
    low: int | None
    high: int | None
    texts: list[str]
    unknown: bool = Field(description="无数据的行 / the row for an unknown value")
    text_zh: str
    text_en: str
    number: NumberRead | None


class CellRead(BaseModel):
    """What one column of a row gives; `number` carries its source, null for the name of a row."""

    column: str
    value: int | str | bool
    number: NumberRead | None


class RowRead(BaseModel):
    """One row: the first row whose conditions all hold is the answer of the table."""

    row: str
    conditions: list[ConditionRead]
    gives: list[CellRead]


class TableRead(BaseModel):
    """A decision table, its rows from best to worst."""

    name: str
    rows: list[RowRead]


class RuleSetRead(RuleSetSummary):
    """A version with its numbers, indicators and tables."""

    parameters: list[NumberRead]
    indicators: list[IndicatorRead]
    tables: list[TableRead]

    @classmethod
    def of(cls, rule_set: RuleSet, book: RuleBook) -> Self:
        """Return a version with all that it says."""
        header = rule_set.header
        indicators = [
            IndicatorRead(
                id=one.id,
                table=one.node,
                measure=one.unit,
                label_zh=one.label_zh,
                label_en=one.label_en,
                max_points_milli=one.max_points_milli,
                better=one.direction,
                source=one.source,
                article=one.article,
                source_on=one.source_on or header.issued_on or header.effective_from,
                confidence=one.confidence,
                note_zh=one.note_zh,
                note_en=one.note_en,
            )
            for one in rule_set.indicators
        ]
        tables = () if rule_set.graph is None else rule_set.graph.tables
        return cls(
            **RuleSetSummary.of(rule_set, book).model_dump(),
            parameters=[NumberRead.of(one) for one in parameter_numbers(rule_set)],
            indicators=indicators,
            tables=[_table(rule_set, table) for table in tables],
        )


class RuleSetHistory(BaseModel):
    """All versions of a policy, and the one that decides today."""

    service: str
    policy: str
    title_zh: str
    title_en: str
    in_force: str | None = Field(description="今天适用的版本 / the version that decides today")
    versions: list[RuleSetSummary]


class RuleSetCatalogue(BaseModel):
    """Every policy of a service with its history."""

    items: list[RuleSetHistory]


def _table(rule_set: RuleSet, table: Table) -> TableRead:
    return TableRead(name=table.name, rows=[_row(rule_set, table, row) for row in table.rows])


def _row(rule_set: RuleSet, table: Table, row: Row) -> RowRead:
    conditions = [
        _condition(rule_set, (table.name, row.row_id, column), one)
        for column, one in zip(table.inputs, row.conditions, strict=True)
    ]
    gives = []
    for column, value in row.values.items():
        number = None if column == ROW else cell_number(rule_set, table.name, row.row_id, column, value)
        gives.append(CellRead(column=column, value=value, number=None if number is None else NumberRead.of(number)))
    return RowRead(row=row.row_id, conditions=conditions, gives=gives)


def _measure(rule_set: RuleSet, table: str, column: str) -> str:
    """Return what the values of an input are counted in, as its indicator or its source says."""
    for cell in rule_set.cells:
        if (cell.table, cell.column) == (table, column):
            return cell.measure
    return next((one.unit for one in rule_set.indicators if one.node == table and one.input == column), _BARE)


def _condition(rule_set: RuleSet, place: tuple[str, str, str], one: Condition) -> ConditionRead:
    table, row, column = place
    zh, en = _bounds(one, _measure(rule_set, table, column))
    value = next((bound for bound in (one.low, one.high, *sorted(one.values, key=str)) if bound is not None), None)
    number = None if value is None else cell_number(rule_set, table, row, column, value)
    return ConditionRead(
        column=column,
        low=one.low,
        high=one.high,
        texts=sorted(str(value) for value in one.values),
        unknown=one.null,
        text_zh=zh,
        text_en=en,
        number=None if number is None else NumberRead.of(number),
    )


def _bounds(one: Condition, measure: str) -> tuple[str, str]:
    if one.null:
        return "无数据", "no data"
    if one.blank:
        return "其余情形", "everything else"
    if one.kind is not Kind.INTEGER:
        texts = [value_text(value, measure) for value in sorted(one.values, key=str)]
        return "、".join(zh for zh, _ in texts), " or ".join(en for _, en in texts)
    return _interval(_text(one.low, measure), _text(one.high, measure))


def _interval(low: tuple[str, str] | None, high: tuple[str, str] | None) -> tuple[str, str]:
    if low is not None and high is not None:
        return low if low == high else (f"{low[0]} 至 {high[0]}（均含）", f"{low[1]} to {high[1]}, both included")
    if low is not None:
        return f"{low[0]} 以上（含）", f"{low[1]} or more"
    return ("不限", "any") if high is None else (f"{high[0]} 以下（含）", f"{high[1]} or less")


def _text(value: Scalar | None, measure: str) -> tuple[str, str] | None:
    return None if value is None else value_text(value, measure)
