"""The same checked tables decided for many at once: facts in columns, rows of a table as masks over them.

A table is decided here exactly as `Table.hit` decides it for one: the first row whose conditions all accept. What the
masks do not know is refused when the tables are taken over, in words, and never passed over.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from shared.policy.cell import Condition, Kind, Scalar
from shared.policy.graph import Graph
from shared.policy.header import MAX_INTEGER
from shared.policy.problem import FactInvalid, RuleSetInvalid
from shared.policy.rule_set import RuleSet
from shared.policy.table import POINTS, Row, Table

Mask = NDArray[np.bool_]
Places = NDArray[np.intp]

_TYPES: Mapping[Kind, str] = {Kind.INTEGER: "i", Kind.FLAG: "b", Kind.TEXT: "O"}
"""Which type of array holds a kind: signed whole numbers, flags, texts as Python strings."""
_EMPTY: Mapping[Kind, Scalar] = {Kind.INTEGER: 0, Kind.FLAG: False, Kind.TEXT: ""}
_KNOWN: Mapping[type, frozenset[str]] = {
    Condition: frozenset({"kind", "null", "low", "high", "values"}),
    Row: frozenset({"row_id", "conditions", "values"}),
    Table: frozenset({"name", "inputs", "kinds", "outputs", "rows"}),
    Graph: frozenset({"tables", "facts", "uses_parameters"}),
}
"""All that a checked rule set may say of its tables; one word more, and the masks would not look at it."""


@dataclass(frozen=True, slots=True)
class Column:
    """One fact of many firms.

    Attributes:
        values: the values; where one is unknown, anything of the type.
        known: where a value is known; unknown is `null` in a table.
    """

    values: NDArray[Any]
    known: Mask

    @classmethod
    def whole(cls, values: NDArray[Any]) -> Self:
        """Return a column without gaps."""
        return cls(values, np.ones(len(values), dtype=np.bool_))

    @classmethod
    def of(cls, values: Sequence[Scalar | None], kind: Kind | None) -> Self:
        """Return the column of plain values, None = unknown; a fact that no row compares has no kind."""
        known = np.fromiter((one is not None for one in values), dtype=np.bool_, count=len(values))
        if kind is None:
            return cls(np.zeros(len(values), dtype=np.int64), known)
        filled = [_EMPTY[kind] if one is None else one for one in values]
        types = {Kind.INTEGER: np.int64, Kind.FLAG: np.bool_, Kind.TEXT: np.object_}
        return cls(np.array(filled, dtype=types[kind]), known)


@dataclass(frozen=True, slots=True)
class TableHits:
    """Which row of one table each firm hits, as the place of the row in the table."""

    table: Table
    places: Places

    def output(self, field: str) -> NDArray[Any]:
        """Return what the rows give for one output.

        Raises:
            KeyError: the table has no such output.
        """
        given = [row.values[field] for row in self.table.rows]
        types = {Kind.INTEGER: np.int64, Kind.FLAG: np.bool_, Kind.TEXT: np.object_}
        found: NDArray[Any] = np.array(given, dtype=types[self.table.outputs[field]])[self.places]
        return found

    def points_milli(self) -> NDArray[np.int64]:
        """Return the points of each firm in thousandths, 0 where the table gives none."""
        if POINTS not in self.table.outputs:
            return np.zeros(len(self.places), dtype=np.int64)
        return self.output(POINTS)


class ColumnTables:
    """The tables of one rule set, ready for columns; made by `of` alone."""

    def __init__(self, rule_set: RuleSet, graph: Graph) -> None:
        """Keep tables that were checked."""
        self.rule_set = rule_set
        self._graph = graph

    @classmethod
    def of(cls, rule_set: RuleSet) -> Self:
        """Take over the tables of a rule set.

        Raises:
            RuleSetInvalid: it has none, they say something that masks do not know (it names table and row), or masks
                and cells disagree at the edge of a cell.
        """
        graph = rule_set.graph
        if graph is None:
            raise RuleSetInvalid(f"{rule_set.policy} {rule_set.version} has no tables that columns could be decided by")
        name = f"{rule_set.policy} {rule_set.version}"
        _check_words(name, graph)
        for table in graph.tables:
            for row in table.rows:
                _check_row(name, table, row)
        made = cls(rule_set, graph)
        made._check_witnesses(graph)
        return made

    def evaluate(self, facts: Mapping[str, Column], *, nodes: Collection[str] | None = None) -> dict[str, TableHits]:
        """Decide the tables, or only those named in `nodes` and those that they read.

        Args:
            facts: a column for every fact that the tables read, all of one length; others are ignored.
            nodes: tables whose result is wanted, None = all.

        Raises:
            FactInvalid: a fact is missing, of another type than its table compares, too large, or of another length.
            KeyError: `nodes` names a table that is not there.
        """
        wanted = [table.name for table in self._graph.tables] if nodes is None else sorted(nodes)
        needed = self._graph.facts_of(wanted)
        length = _check_columns(self.rule_set, self._graph, facts, needed)
        known = {name: facts[name] for name in needed}
        read = self._with_upstream(wanted)
        found: dict[str, TableHits] = {}
        for table in self._graph.tables:
            if table.name not in read:
                continue
            hits = TableHits(table, _places(table, known, length))
            found[table.name] = hits
            for field in self._read_of(table.name):
                known[f"{table.name}.{field}"] = Column.whole(hits.output(field))
        return {name: found[name] for name in found if name in wanted}

    def _with_upstream(self, names: Collection[str]) -> set[str]:
        found = set(names)
        for name in names:
            upstream = {field.partition(".")[0] for field in self._graph.table(name).inputs if "." in field}
            found |= self._with_upstream(upstream)
        return found

    def _read_of(self, name: str) -> set[str]:
        """Return the outputs of a table that other tables read."""
        inputs = {field for table in self._graph.tables for field in table.inputs}
        return {field.partition(".")[2] for field in inputs if field.partition(".")[0] == name and "." in field}

    def _check_witnesses(self, graph: Graph) -> None:
        """Compare with our own reading of the cells at the edges of every cell, all of them in one pass."""
        witnesses = list(graph.witnesses())
        columns = {name: Column.of([one[name] for one in witnesses], kind) for name, kind in graph.facts.items()}
        found = self.evaluate(columns)
        for number, facts in enumerate(witnesses):
            expected = graph.expected(facts)
            for table in graph.tables:
                row = table.rows[found[table.name].places[number]]
                if dict(row.values) != expected[table.name]:
                    raise RuleSetInvalid(
                        f"in columns the row {row.row_id} is hit where the cells say {expected[table.name]}",
                        node=table.name,
                    )


def _check_words(name: str, graph: Graph) -> None:
    """Refuse tables that can say more than the masks look at.

    Raises:
        RuleSetInvalid: a part of a checked rule set has a word that is not known here.
    """
    parts: list[Any] = [graph, *graph.tables, *(row for table in graph.tables for row in table.rows)]
    parts += [one for table in graph.tables for row in table.rows for one in row.conditions]
    for kind in dict.fromkeys(map(type, parts)):
        words = frozenset(one.name for one in fields(kind))
        strange = words if kind not in _KNOWN else words ^ _KNOWN[kind]
        if strange:
            raise RuleSetInvalid(
                f"{name} cannot be decided in columns: {kind.__name__} says {', '.join(sorted(strange))}"
            )


def _check_row(name: str, table: Table, row: Row) -> None:
    for condition in row.conditions:
        if condition.kind is None or condition.kind in _TYPES:
            continue
        raise RuleSetInvalid(
            f"{name} cannot be decided in columns: conditions on {condition.kind} are not known there",
            node=table.name,
            row=row.row_id,
        )


def _check_columns(rule_set: RuleSet, graph: Graph, facts: Mapping[str, Column], needed: Collection[str]) -> int:
    """Check the columns that are read and return their length."""
    lengths = set()
    for name in sorted(needed):
        if name not in facts:
            raise FactInvalid(
                f"{rule_set.policy} {rule_set.version} reads the fact {name}, which was not given (None = unknown)"
            )
        column, kind = facts[name], graph.facts[name]
        lengths |= {len(column.values), len(column.known)}
        if kind is not None and column.values.dtype.kind != _TYPES[kind]:
            raise FactInvalid(f"the column {name} holds {column.values.dtype}, its table compares it with {kind}")
        if column.values.dtype.kind == "i" and bool((np.abs(column.values[column.known]) > MAX_INTEGER).any()):
            raise FactInvalid(f"the column {name} has a number above 2**53 - 1: the engine would round it")
    if len(lengths) != 1:
        raise FactInvalid(f"the columns are of {len(lengths)} lengths: {sorted(lengths)}")
    return int(lengths.pop())


def _places(table: Table, known: Mapping[str, Column], length: int) -> Places:
    """Return the place of the first row that accepts, the default row's where no other does."""
    places = np.full(length, len(table.rows) - 1, dtype=np.intp)
    waiting = np.ones(length, dtype=np.bool_)
    columns = [known[name] for name in table.inputs]
    for place, row in enumerate(table.rows):
        taken = waiting.copy()
        for condition, column in zip(row.conditions, columns, strict=True):
            _narrow(taken, condition, column)
        places[taken] = place
        waiting &= ~taken
    return places


def _narrow(taken: Mask, condition: Condition, column: Column) -> None:
    """Take out of `taken` those whose fact the condition does not accept."""
    if condition.blank:
        return
    if condition.null:
        taken &= ~column.known
        return
    taken &= column.known
    if condition.kind is not Kind.INTEGER:
        taken &= np.isin(column.values, np.array(sorted(condition.values, key=str), dtype=column.values.dtype))
        return
    if condition.low is not None:
        taken &= column.values >= condition.low
    if condition.high is not None:
        taken &= column.values <= condition.high
