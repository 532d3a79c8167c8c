"""A rule set: one version of a policy, checked when it is read, frozen, evaluated by the cells that were checked."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import ValidationError

from shared.policy.cell import Kind, Scalar, kind_of
from shared.policy.cell_source import check_cell_sources
from shared.policy.document import read_exactly
from shared.policy.fact import Fact
from shared.policy.graph import Graph, read_graph
from shared.policy.header import MAX_INTEGER, CellSource, Entry, Header, Indicator, Parameter
from shared.policy.indicator_check import check_indicators
from shared.policy.problem import FactInvalid, RuleSetInvalid
from shared.policy.table import RESERVED

__all__ = ["FactInvalid", "Hit", "Outcome", "RuleSet", "RuleSetInvalid"]

_PARTS = {"header", "parameters", "indicators", "graph"}
_MAY_HAVE = {"cells"}
E = TypeVar("E", bound=Entry)


@dataclass(frozen=True, slots=True)
class Hit:
    """Which row of a table gave how many points (thousandths; 0 where the table gives none)."""

    node: str
    row_id: str
    points_milli: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of an evaluation, `result[<table>][<output>]`, and the row that each table hit, in file order."""

    result: Mapping[str, Mapping[str, Scalar]]
    hits: tuple[Hit, ...]

    def hit(self, node: str) -> Hit:
        """Return the hit of one table.

        Raises:
            KeyError: that table was not evaluated.
        """
        for hit in self.hits:
            if hit.node == node:
                return hit
        raise KeyError(f"the table {node} was not evaluated")


@dataclass(frozen=True, slots=True, eq=False)
class RuleSet:
    """One version of a policy; made by `parse` alone.

    Attributes:
        header: name, version, period and source.
        parameters: dated values by name.
        indicators: what is scored and how it is called.
        content: the bytes of the file, kept as the record.
        sha256: hexadecimal SHA-256 of `content`; a decision names its rule set by it.
        graph: the checked tables, None in a rule set of parameters alone.
        cells: where the numbers of tables come from that score no indicator.
    """

    header: Header
    parameters: Mapping[str, Parameter]
    indicators: tuple[Indicator, ...]
    content: bytes
    sha256: str
    graph: Graph | None
    cells: tuple[CellSource, ...]

    @property
    def policy(self) -> str:
        """Name of the policy, such as `kvc_evaluation`."""
        return self.header.policy

    @property
    def version(self) -> str:
        """Version, `<year>.<number>`."""
        return self.header.version

    @classmethod
    def parse(cls, content: bytes, *, name: str = "") -> "RuleSet":
        """Read a rule set and check all that an engine of its format would pass over in silence.

        Raises:
            RuleSetInvalid: it names file, table and row.
        """
        try:
            return cls._read(content)
        except RuleSetInvalid as problem:
            raise problem.at(file=name) from None

    @classmethod
    def _read(cls, content: bytes) -> "RuleSet":
        document = read_exactly(content)
        if not _PARTS <= set(document) <= _PARTS | _MAY_HAVE:
            raise RuleSetInvalid(f"a rule set has the parts {sorted(_PARTS)}, not {sorted(document)}")
        header = _entry(Header, "header", document["header"])
        parameters = {
            name: _entry(Parameter, f"parameter {name}", given) for name, given in document["parameters"].items()
        }
        if taken := sorted(RESERVED & parameters.keys()):
            raise RuleSetInvalid(f"a parameter has the name of a word of the cells: {taken}")
        indicators = tuple(
            _entry(Indicator, f"indicator {number}", given) for number, given in enumerate(document["indicators"], 1)
        )
        values = {name: one.value for name, one in parameters.items()}
        graph = None if document["graph"] is None else read_graph(document["graph"], values)
        check_indicators(indicators, graph)
        cells = tuple(
            _entry(CellSource, f"cells {number}", given) for number, given in enumerate(document.get("cells", ()), 1)
        )
        check_cell_sources(cells, graph)
        digest = hashlib.sha256(content).hexdigest()
        return cls(header, MappingProxyType(parameters), indicators, content, digest, graph, cells)

    def param(self, name: str) -> Parameter:
        """Return a parameter with its source.

        Raises:
            KeyError: this rule set has none of that name.
        """
        try:
            return self.parameters[name]
        except KeyError:
            raise KeyError(f"{self.policy} {self.version} has no parameter {name}") from None

    def param_int(self, name: str) -> int:
        """Return a whole number; KeyError if absent, TypeError if it is none."""
        value = self.param(name).value
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"the parameter {name} of {self.policy} {self.version} is no whole number")
        return value

    def param_text(self, name: str) -> str:
        """Return a text; KeyError if absent, TypeError if it is none."""
        value = self.param(name).value
        if not isinstance(value, str):
            raise TypeError(f"the parameter {name} of {self.policy} {self.version} is no text")
        return value

    def param_flag(self, name: str) -> bool:
        """Return true or false; KeyError if absent, TypeError if it is neither."""
        value = self.param(name).value
        if not isinstance(value, bool):
            raise TypeError(f"the parameter {name} of {self.policy} {self.version} is neither true nor false")
        return value

    def param_list(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; KeyError if absent, TypeError if it is none."""
        value = self.param(name).value
        texts = tuple(one for one in value if isinstance(one, str)) if isinstance(value, tuple) else ()
        if not isinstance(value, tuple) or len(texts) != len(value):
            raise TypeError(f"the parameter {name} of {self.policy} {self.version} is no list of texts")
        return texts

    def param_ints(self, name: str) -> tuple[int, ...]:
        """Return a list of whole numbers; KeyError if absent, TypeError if it is none."""
        value = self.param(name).value
        numbers = tuple(one for one in value if isinstance(one, int)) if isinstance(value, tuple) else ()
        if not isinstance(value, tuple) or len(numbers) != len(value):
            raise TypeError(f"the parameter {name} of {self.policy} {self.version} is no list of whole numbers")
        return numbers

    def evaluate(self, facts: Mapping[str, Any], *, nodes: Collection[str] | None = None) -> Outcome:
        """Evaluate the tables, or only those named in `nodes` (and those that they read).

        Args:
            facts: every fact that the tables read: int, bool, str, None (unknown) or a `Fact`; others are ignored.
            nodes: tables whose result is wanted, None = all.

        Raises:
            FactInvalid: a fact is missing, a float, too large, or of another type than its table compares.
            KeyError: `nodes` names a table that is not there.
        """
        if self.graph is None:
            raise FactInvalid(f"{self.policy} {self.version} holds parameters alone, there is nothing to evaluate")
        wanted = [table.name for table in self.graph.tables] if nodes is None else sorted(nodes)
        given = self._facts(self.graph, facts, self.graph.facts_of(wanted))
        rows = self.graph.decide(given, wanted)
        result = {name: MappingProxyType(dict(row.values)) for name, row in rows.items()}
        hits = tuple(Hit(name, row.row_id, row.points_milli) for name, row in rows.items())
        return Outcome(MappingProxyType(result), hits)

    def _facts(self, graph: Graph, facts: Mapping[str, Any], needed: Collection[str]) -> dict[str, Scalar | None]:
        checked: dict[str, Scalar | None] = {}
        for name in needed:
            if name not in facts:
                raise FactInvalid(
                    f"{self.policy} {self.version} reads the fact {name}, which was not given (None = unknown)"
                )
            given = facts[name]
            checked[name] = _fact(name, given.value if isinstance(given, Fact) else given, graph.facts[name])
        return checked


def _entry(kind: type[E], what: str, given: object) -> E:
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise RuleSetInvalid(f"{what}: {place or 'it'}: {first['msg']}") from None


def _fact(name: str, value: object, kind: Kind | None) -> Scalar | None:
    if value is None:
        return None
    if not isinstance(value, int | str):
        raise FactInvalid(
            f"the fact {name} is {type(value).__name__}; whole numbers, texts, true, false or None are taken"
        )
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise FactInvalid(f"the fact {name} is above 2**53 - 1: an engine would round it")
    if kind is not None and kind_of(value) is not kind:
        raise FactInvalid(f"the fact {name} is {kind_of(value)}, its table compares it with {kind}")
    return str(value) if isinstance(value, str) else value
