"""One cell of a decision table: what it accepts, read by ourselves so that it can be checked, compared and explained.

An engine of the format (JDM) takes a bad cell, a text for a number or low above high without a word and matches
nothing. Only forms whose meaning is certain are let through; tests compare each with such an engine (zen).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.policy.header import MAX_INTEGER
from shared.policy.problem import RuleSetInvalid

Scalar = int | bool | str

_NUMBER = r"-?[0-9]+|p\.[a-z][a-z0-9_]*"
_COMPARE = re.compile(rf"(?P<sign>>=|<=|>|<) *(?P<bound>{_NUMBER})")
_RANGE = re.compile(rf"(?P<open>[\[(]) *(?P<low>{_NUMBER}) *\.\. *(?P<high>{_NUMBER}) *(?P<close>[\])])")
_NUMBER_ONLY = re.compile(_NUMBER)
_TEXT = re.compile(r"\"[^\"'\\]*\"|'[^\"'\\]*'")
_TEXTS = re.compile(rf"(?:{_TEXT.pattern})(?: *, *(?:{_TEXT.pattern}))*")


class Kind(StrEnum):
    """What type of value a column holds."""

    INTEGER = "integer"
    TEXT = "text"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Condition:
    """What a cell accepts: everything (blank), null alone, an interval of integers or a set of values.

    Attributes:
        kind: type of the values, None for a blank cell and for `null`.
        null: whether the cell is `null`.
        low: least integer, None = no bound; integers only.
        high: greatest integer, None = no bound; integers only.
        values: accepted texts or flags.
    """

    kind: Kind | None = None
    null: bool = False
    low: int | None = None
    high: int | None = None
    values: frozenset[str | bool] = frozenset()

    @property
    def blank(self) -> bool:
        """Whether everything is accepted, null too."""
        return self.kind is None and not self.null

    def accepts(self, value: Scalar | None) -> bool:
        """Tell whether `value` matches here."""
        if self.blank:
            return True
        if self.null or value is None:
            return self.null and value is None
        if self.kind is not Kind.INTEGER:
            return value in self.values
        return (self.low is None or self.low <= int(value)) and (self.high is None or int(value) <= self.high)

    def covers(self, other: "Condition") -> bool:
        """Tell whether everything that `other` accepts is accepted here."""
        if self.blank:
            return True
        if other.blank or self.null or other.null:
            return self.null and other.null
        if self.kind is not Kind.INTEGER:
            return other.values <= self.values
        low = self.low is None or (other.low is not None and self.low <= other.low)
        high = self.high is None or (other.high is not None and other.high <= self.high)
        return low and high

    def witnesses(self) -> Sequence[Scalar | None]:
        """Return values at the edges of what is accepted; empty for a blank cell."""
        if self.null:
            return [None]
        if self.kind is Kind.INTEGER:
            ends = {end for end in (self.low, self.high) if end is not None}
            return sorted(ends)
        return sorted(self.values, key=str)


def _bound(text: str, parameters: Mapping[str, Any]) -> int:
    value = parameters.get(text.removeprefix("p.")) if text.startswith("p.") else int(text)
    if isinstance(value, bool) or not isinstance(value, int):
        raise RuleSetInvalid(f"{text} is not a parameter with a whole number")
    if abs(value) > MAX_INTEGER:
        raise RuleSetInvalid(f"{value} is above 2**53 - 1: the engine would round it")
    return value


def _unquoted(text: str) -> str:
    return text[1:-1]


def read_condition(text: object, parameters: Mapping[str, Any]) -> Condition:
    """Return what a condition cell accepts.

    Raises:
        RuleSetInvalid: a form that is not allowed, low above high, or an interval without a whole number.
    """
    if not isinstance(text, str):
        raise RuleSetInvalid(f"a cell is a text, not {text!r}")
    cell = text.strip()
    if not cell:
        return Condition()
    return _parsed(cell, parameters)


def _parsed(cell: str, parameters: Mapping[str, Any]) -> Condition:
    if cell == "null":
        return Condition(null=True)
    if cell in {"true", "false"}:
        return Condition(Kind.FLAG, values=frozenset({cell == "true"}))
    if _TEXTS.fullmatch(cell):
        return Condition(Kind.TEXT, values=frozenset(_unquoted(part) for part in _TEXT.findall(cell)))
    if _NUMBER_ONLY.fullmatch(cell):
        only = _bound(cell, parameters)
        return Condition(Kind.INTEGER, low=only, high=only)
    if compared := _COMPARE.fullmatch(cell):
        return _comparison(compared["sign"], _bound(compared["bound"], parameters))
    if ranged := _RANGE.fullmatch(cell):
        return _interval(cell, ranged, parameters)
    raise RuleSetInvalid(
        f'the cell {cell!r} is not one of: blank, null, true, false, 5, p.name, "text", >= 5, > 5, <= 5, < 5, [5..9)'
    )


def _comparison(sign: str, bound: int) -> Condition:
    if sign.startswith(">"):
        return Condition(Kind.INTEGER, low=bound + (sign == ">"))
    return Condition(Kind.INTEGER, high=bound - (sign == "<"))


def _interval(cell: str, ranged: re.Match[str], parameters: Mapping[str, Any]) -> Condition:
    low, high = _bound(ranged["low"], parameters), _bound(ranged["high"], parameters)
    if low > high:
        raise RuleSetInvalid(f"the cell {cell!r} has its low bound above its high bound: it would match nothing")
    first, last = low + (ranged["open"] == "("), high - (ranged["close"] == ")")
    if first > last:
        raise RuleSetInvalid(f"the cell {cell!r} holds no whole number: it would match nothing")
    return Condition(Kind.INTEGER, low=first, high=last)


def kind_of(value: object) -> Kind:
    """Return the type of a value.

    Raises:
        RuleSetInvalid: neither a whole number, a text nor a flag.
    """
    if isinstance(value, bool):
        return Kind.FLAG
    if isinstance(value, int):
        return Kind.INTEGER
    if isinstance(value, str):
        return Kind.TEXT
    raise RuleSetInvalid(f"{value!r} is neither a whole number, a text, true nor false")


def read_output(text: object, parameters: Mapping[str, Any]) -> Scalar:
    """Return the value of an output cell: a whole number, a quoted text, true, false or `p.<parameter>`.

    Raises:
        RuleSetInvalid: blank (the engine would leave the field out), an expression, or an unknown parameter.
    """
    if not isinstance(text, str) or not text.strip():
        raise RuleSetInvalid("an output cell is blank: the field would be missing from the result")
    cell = text.strip()
    if cell in {"true", "false"}:
        return cell == "true"
    if _TEXT.fullmatch(cell):
        return _unquoted(cell)
    if cell.startswith("p."):
        value = parameters.get(cell.removeprefix("p."))
        if not isinstance(value, int | str):
            raise RuleSetInvalid(f"{cell} is not a parameter with one value")
        return value
    if _NUMBER_ONLY.fullmatch(cell):
        return _bound(cell, parameters)
    raise RuleSetInvalid(f'the output cell {cell!r} is not one of: 5, "text", true, false, p.name')
