"""A decision graph (JDM): one input, one output, tables between them, and the wires that lead the values."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.policy.cell import Kind, Scalar
from shared.policy.problem import RuleSetInvalid
from shared.policy.table import Row, Table, read_table

_INPUT, _OUTPUT, _TABLE = "inputNode", "outputNode", "decisionTableNode"


@dataclass(frozen=True, slots=True)
class Graph:
    """The tables of a rule set in an order in which each one comes after those that it reads."""

    tables: tuple[Table, ...]
    facts: Mapping[str, Kind | None]
    uses_parameters: bool

    def table(self, name: str) -> Table:
        """Return the table with that name.

        Raises:
            KeyError: there is none.
        """
        return next((table for table in self.tables if table.name == name), None) or _unknown(name)

    def facts_of(self, names: Sequence[str]) -> set[str]:
        """Return the facts that the named tables read, also through the tables that they read."""
        found: set[str] = set()
        for name in names:
            for field in self.table(name).inputs:
                found |= self.facts_of([field.partition(".")[0]]) if "." in field else {field}
        return found

    def decide(self, facts: Mapping[str, Scalar | None], names: Collection[str] | None = None) -> dict[str, Row]:
        """Return the row that each table hits, in file order.

        Args:
            facts: every fact that the wanted tables read, also through others.
            names: tables that are wanted, None = all.
        """
        wanted = {table.name for table in self.tables} if names is None else set(names)
        needed = self._with_sources(wanted)
        known: dict[str, Any] = dict(facts)
        rows = {}
        for table in self.tables:
            if table.name not in needed:
                continue
            row = table.hit(known)
            for field, value in row.values.items():
                known[f"{table.name}.{field}"] = value
            if table.name in wanted:
                rows[table.name] = row
        return rows

    def _with_sources(self, names: Collection[str]) -> set[str]:
        """Return the named tables and those that they read, however far."""
        found = set(names)
        for table in reversed(self.tables):  # each stands after those that it reads
            if table.name in found:
                found |= {source for field in table.inputs for source, dot, _ in [field.partition(".")] if dot}
        return found

    def expected(self, facts: Mapping[str, Scalar | None]) -> dict[str, dict[str, Scalar]]:
        """Return the outputs of every table."""
        return {name: dict(row.values) for name, row in self.decide(facts).items()}

    def witnesses(self) -> Iterator[dict[str, Scalar | None]]:
        """Yield sets of facts that together stand at both edges of every cell."""
        nothing = dict.fromkeys(self.facts, None)
        yield dict(nothing)
        for table in self.tables:
            for row in table.rows:
                edges = [one.witnesses() for one in row.conditions]
                for turn in range(max(map(len, edges), default=0)):
                    picked = {
                        field: values[turn % len(values)]
                        for field, values in zip(table.inputs, edges, strict=True)
                        if values and field in self.facts
                    }
                    yield nothing | picked


def _unknown(name: str) -> Table:
    raise KeyError(f"no table is called {name}")


def read_graph(document: Mapping[str, Any], parameters: Mapping[str, Any]) -> Graph:
    """Return the checked graph.

    Raises:
        RuleSetInvalid: a node type, a wire, a table or a cell that the engine would mistake or pass over.
    """
    nodes, edges = list(document.get("nodes") or []), list(document.get("edges") or [])
    names = _check_nodes(nodes)
    wires = _wires(edges, names)
    tables = {}
    for node in nodes:
        if node["type"] == _TABLE:
            try:
                tables[str(node["name"])] = read_table(node, parameters)
            except RuleSetInvalid as problem:
                raise problem.at(node=str(node["name"])) from None
    ends = {str(node["type"]): str(node["name"]) for node in nodes if node["type"] != _TABLE}
    reads = {str(node["name"]): "p." in _cells(node) for node in nodes if node["type"] == _TABLE}
    facts: dict[str, Kind | None] = {}
    for table in tables.values():
        if (table.name, ends[_OUTPUT]) not in wires:
            raise RuleSetInvalid("no wire to the output: its result would be left out", node=table.name)
        fed = (ends[_INPUT], table.name) in wires
        if reads[table.name] and not fed:
            raise RuleSetInvalid("reads parameters without a wire from the input", node=table.name)
        for field, kind in zip(table.inputs, table.kinds, strict=True):
            _check_source(table, field, kind, tables, wires, fed=fed)
            if "." not in field:
                facts[field] = _one_kind(table, field, facts.get(field), kind)
    return Graph(_in_order(tables), facts, any(reads.values()))


def _cells(node: Mapping[str, Any]) -> str:
    rules = node["content"].get("rules", [])
    return " ".join(
        f" {cell}"
        for rule in rules
        for cell in rule.values()
        if isinstance(cell, str) and not cell.startswith(('"', "'"))
    )


def _check_nodes(nodes: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    types = [node.get("type") for node in nodes]
    strange = sorted({str(one) for one in types} - {_INPUT, _OUTPUT, _TABLE})
    if strange:
        raise RuleSetInvalid(f"node types that are not understood here: {', '.join(strange)}")
    if types.count(_INPUT) != 1 or types.count(_OUTPUT) != 1:
        raise RuleSetInvalid("a graph has one input node and one output node")
    names = {str(node.get("id")): str(node.get("name")) for node in nodes}
    if len(names) != len(nodes) or len(set(names.values())) != len(nodes):
        raise RuleSetInvalid("two nodes share an id or a name")
    return names


def _wires(edges: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> set[tuple[str, str]]:
    wires = set()
    for edge in edges:
        source, target = str(edge.get("sourceId")), str(edge.get("targetId"))
        if source not in names or target not in names:
            raise RuleSetInvalid(f"a wire leads from {source} to {target}: one of them is no node")
        wires.add((names[source], names[target]))
    return wires


def _check_source(
    table: Table,
    field: str,
    kind: Kind | None,
    tables: Mapping[str, Table],
    wires: set[tuple[str, str]],
    *,
    fed: bool,
) -> None:
    upstream, _, output = field.partition(".")
    if not output:
        if not fed:
            raise RuleSetInvalid(f"reads the fact {field} without a wire from the input", node=table.name)
        return
    if upstream not in tables or output not in tables[upstream].outputs:
        raise RuleSetInvalid(f"reads {field}, which no table gives", node=table.name)
    if (upstream, table.name) not in wires:
        raise RuleSetInvalid(f"reads {field} without a wire from {upstream}", node=table.name)
    if kind not in {None, tables[upstream].outputs[output]}:
        raise RuleSetInvalid(f"compares {field} with {kind}, it is {tables[upstream].outputs[output]}", node=table.name)


def _one_kind(table: Table, field: str, before: Kind | None, now: Kind | None) -> Kind | None:
    if None not in {before, now} and before is not now:
        raise RuleSetInvalid(f"compares {field} with {now}, another table with {before}", node=table.name)
    return before or now


def _in_order(tables: Mapping[str, Table]) -> tuple[Table, ...]:
    """Return the tables in file order, each after those that it reads."""
    placed: dict[str, Table] = {}
    while len(placed) < len(tables):
        ready = [
            table
            for table in tables.values()
            if table.name not in placed
            and all("." not in field or field.partition(".")[0] in placed for field in table.inputs)
        ]
        if not ready:
            raise RuleSetInvalid("the tables read each other in a circle")
        placed |= {table.name: table for table in ready}
    return tuple(placed.values())
