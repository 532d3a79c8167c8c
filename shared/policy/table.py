"""A decision table with hit policy `first`: rows from best to worst, a null row first, a default row last."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from shared.policy.cell import Condition, Kind, Scalar, kind_of, read_condition, read_output
from shared.policy.header import MAX_INTEGER
from shared.policy.problem import RuleSetInvalid

ROW = "row"
POINTS = "points_milli"
DEFAULT_ROW = "none"
_FAR = MAX_INTEGER + 1
_FIELD = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?")
RESERVED = frozenset({"null", "true", "false", "not", "and", "or", "in", "p"})
"""Words of the cells: an engine of the format reads a fact or a parameter of such a name otherwise than we do."""
_NEUTRAL = {"passThrough": False, "inputField": None, "outputPath": None, "executionMode": "single"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a condition for each input, and the values it gives."""

    row_id: str
    conditions: tuple[Condition, ...]
    values: Mapping[str, Scalar]

    @property
    def points_milli(self) -> int:
        """The points of the row in thousandths, 0 where the table gives none."""
        return int(self.values.get(POINTS, 0))

    def accepts(self, facts: Sequence[Scalar | None]) -> bool:
        """Tell whether all conditions accept their fact."""
        return all(one.accepts(fact) for one, fact in zip(self.conditions, facts, strict=True))


@dataclass(frozen=True, slots=True)
class Table:
    """A checked table; `inputs` are names of facts or `<table>.<output>`, `kinds` the type of each."""

    name: str
    inputs: tuple[str, ...]
    kinds: tuple[Kind | None, ...]
    outputs: Mapping[str, Kind]
    rows: tuple[Row, ...]

    def hit(self, facts: Mapping[str, Any]) -> Row:
        """Return the first row that accepts the facts; the default row accepts all."""
        given = [facts[name] for name in self.inputs]
        return next(row for row in self.rows if row.accepts(given))


def read_table(node: Mapping[str, Any], parameters: Mapping[str, Any]) -> Table:
    """Return the table of a graph node after every check.

    Raises:
        RuleSetInvalid: it names the row at fault.
    """
    content = node["content"]
    name = str(node["name"])
    _check_settings(content)
    inputs = _columns(content, "inputs")
    outputs = _columns(content, "outputs")
    fields = [field.removeprefix(f"{name}.") for field in outputs.values()]
    if any(field == f"{name}.{field}" or "." in field for field in fields) or ROW not in fields:
        raise RuleSetInvalid(f"outputs are named {name}.<word>, one of them {name}.{ROW}")
    if any(not field.startswith(f"{name}.") for field in outputs.values()):
        raise RuleSetInvalid(f"outputs are named {name}.<word>: {sorted(outputs.values())}")
    rows = []
    for rule in content.get("rules", []):
        try:
            rows.append(_row(rule, list(inputs), dict(zip(outputs, fields, strict=True)), parameters))
        except RuleSetInvalid as problem:
            raise problem.at(row=str(rule.get("_id", len(rows) + 1))) from None
    table = Table(
        name, tuple(inputs.values()), _input_kinds(rows, len(inputs)), _output_kinds(rows, fields), tuple(rows)
    )
    _check_ids(content, table)
    _check_default(table)
    _check_nulls(table)
    _check_reachable(table)
    return table


def _check_settings(content: Mapping[str, Any]) -> None:
    if content.get("hitPolicy") != "first":
        raise RuleSetInvalid("the hit policy is `first`; with any other no single row explains the result")
    strange = set(content) - {"hitPolicy", "inputs", "outputs", "rules"} - set(_NEUTRAL)
    changed = {word for word, neutral in _NEUTRAL.items() if content.get(word, neutral) != neutral}
    if strange or changed:
        raise RuleSetInvalid(f"settings that are not understood here: {sorted(strange | changed)}")


def _columns(content: Mapping[str, Any], side: str) -> dict[str, str]:
    columns = content.get(side) or []
    found = {str(column.get("id", "")): str(column.get("field") or "") for column in columns}
    if not columns or len(found) != len(columns) or not all(found) or not all(found.values()):
        raise RuleSetInvalid(f"the {side} need an id and a field each, no id twice")
    if any(not _FIELD.fullmatch(field) for field in found.values()):
        raise RuleSetInvalid(f"a field is a word or `table.word`, the engine would calculate: {sorted(found.values())}")
    if taken := sorted(RESERVED & {word for field in found.values() for word in field.split(".")}):
        raise RuleSetInvalid(f"a field has the name of a word of the cells: {taken}")
    if len(set(found.values())) != len(found):
        raise RuleSetInvalid(f"the {side} name a field twice: {sorted(found.values())}")
    return found


def _row(rule: Mapping[str, Any], inputs: list[str], outputs: dict[str, str], parameters: Mapping[str, Any]) -> Row:
    if not rule.get("_id"):
        raise RuleSetInvalid("a row has an `_id`")
    strange = set(rule) - {"_id", "_description"} - set(inputs) - set(outputs)
    missing = {*inputs, *outputs} - set(rule)
    if strange or missing:
        raise RuleSetInvalid(f"cells that belong to no column: {sorted(strange)}; missing cells: {sorted(missing)}")
    conditions = tuple(read_condition(rule[column], parameters) for column in inputs)
    values = {field: read_output(rule[column], parameters) for column, field in outputs.items()}
    row_id = values[ROW]
    if not isinstance(row_id, str) or not row_id:
        raise RuleSetInvalid(f"the output `{ROW}` is a quoted text that names the row")
    points = values.get(POINTS, 0)
    if isinstance(points, bool) or not isinstance(points, int) or points < 0:
        raise RuleSetInvalid(f"the output `{POINTS}` is a whole number of 0 or more")
    return Row(row_id, conditions, values)


def _input_kinds(rows: Sequence[Row], width: int) -> tuple[Kind | None, ...]:
    kinds: list[Kind | None] = []
    for place in range(width):
        found = {row.conditions[place].kind for row in rows} - {None}
        if len(found) > 1:
            raise RuleSetInvalid(f"one input is compared with {' and '.join(sorted(str(kind) for kind in found))}")
        kinds.append(next(iter(found), None))
    return tuple(kinds)


def _output_kinds(rows: Sequence[Row], fields: Sequence[str]) -> dict[str, Kind]:
    kinds = {}
    for field in fields:
        found = {kind_of(row.values[field]) for row in rows}
        if len(found) != 1:
            raise RuleSetInvalid(f"the output {field} is of one type in every row, not {sorted(found)}")
        kinds[field] = found.pop()
    return kinds


def _check_ids(content: Mapping[str, Any], table: Table) -> None:
    for ids in ([rule["_id"] for rule in content["rules"]], [row.row_id for row in table.rows]):
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise RuleSetInvalid(f"two rows are called {', '.join(map(str, twice))}")


def _check_default(table: Table) -> None:
    if (
        not table.rows
        or table.rows[-1].row_id != DEFAULT_ROW
        or not all(one.blank for one in table.rows[-1].conditions)
    ):
        raise RuleSetInvalid(f'the last row is the default: all conditions blank, `{ROW}` is "{DEFAULT_ROW}"')


def _check_nulls(table: Table) -> None:
    for place, name in enumerate(table.inputs):
        tested = [number for number, row in enumerate(table.rows) if row.conditions[place].kind is not None]
        explicit = [
            number
            for number, row in enumerate(table.rows)
            if row.conditions[place].null and all(one.blank or one.null for one in row.conditions)
        ]
        if tested and (not explicit or explicit[0] > tested[0]):
            raise RuleSetInvalid(f"an unknown {name} would fall to the default: a `null` row stands before the others")


def _check_reachable(table: Table) -> None:
    for number, row in enumerate(table.rows):
        for earlier in table.rows[:number]:
            if all(one.covers(other) for one, other in zip(earlier.conditions, row.conditions, strict=True)):
                raise RuleSetInvalid(f"never reached: row {earlier.row_id} takes all of it", row=row.row_id)
    if len(table.inputs) == 1 and table.kinds[0] is Kind.INTEGER:
        _check_line(table)


def _check_line(table: Table) -> None:
    """Check that the rows of a table of one number cover a stretch without holes, each adding something."""
    covered: list[tuple[int, int]] = []
    for row in table.rows:
        only = row.conditions[0]
        if only.kind is None:
            continue
        low = -_FAR if only.low is None else only.low
        high = _FAR if only.high is None else only.high
        if any(first <= low and high <= last for first, last in covered):
            raise RuleSetInvalid("never reached: rows before it take all of it together", row=row.row_id)
        covered = _joined([*covered, (low, high)])
    if len(covered) > 1:
        holes = [f"{left[1] + 1}..{right[0] - 1}" for left, right in pairwise(covered)]
        raise RuleSetInvalid(f"values between the rows would fall to the default: {', '.join(holes)}")
    if covered and covered[0] == (-_FAR, _FAR):
        raise RuleSetInvalid("never reached: the rows before it take every number", row=DEFAULT_ROW)


def _joined(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the stretches sorted, those that touch made one (whole numbers touch at a distance of 1)."""
    joined: list[tuple[int, int]] = []
    for low, high in sorted(stretches):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return joined
