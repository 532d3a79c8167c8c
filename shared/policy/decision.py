"""The record of a decision: its rule set by hash, the frozen facts with their origins, the result, and why.

The bytes of a record are canonical JSON (RFC 8785): replaying the stored facts gives the same bytes, on any machine.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from typing import Any, Self

import orjson
import rfc8785

from shared.policy.explain import IndicatorLine
from shared.policy.fact import Fact
from shared.policy.header import Confidence
from shared.policy.rule_set import RuleSet

__all__ = ["DecisionRecord", "Fact", "Gate", "StoredRecord", "canonical", "open_record"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A condition outside the score: open lets the decision through, closed names the way out."""

    code: str
    open: bool
    label_zh: str
    label_en: str
    way_out_zh: str
    way_out_en: str
    article: str
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """All that is needed to read a decision years later and to make it again."""

    policy: str
    version: str
    rule_set_sha256: str
    as_of: date
    facts: Mapping[str, Fact]
    result: Mapping[str, Any]
    lines: Sequence[IndicatorLine]
    gates: Sequence[Gate] = ()

    @classmethod
    def under(
        cls,
        rules: RuleSet,
        *,
        as_of: date,
        facts: Mapping[str, Fact],
        result: Mapping[str, Any],
        lines: Sequence[IndicatorLine],
        gates: Sequence[Gate] = (),
    ) -> Self:
        """Return the record of a decision that a rule set made."""
        return cls(
            policy=rules.policy,
            version=rules.version,
            rule_set_sha256=rules.sha256,
            as_of=as_of,
            facts=facts,
            result=result,
            lines=lines,
            gates=gates,
        )


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """What replay takes from stored bytes, and the whole document for showing."""

    policy: str
    version: str
    rule_set_sha256: str
    as_of: date
    facts: dict[str, Fact]
    document: dict[str, Any]


def canonical(record: DecisionRecord) -> bytes:
    """Return the record as canonical JSON.

    Raises:
        TypeError: a float or another value that has no exact form; a whole number above 2**53 - 1 is a ValueError.
    """
    plain = _plain(record)
    try:
        content = orjson.dumps(plain, option=_CANONICAL)
        return rfc8785.dumps(plain) if _BEYOND_BMP.search(content) else content
    except (rfc8785.CanonicalizationError, orjson.JSONEncodeError) as error:
        raise ValueError(f"the record has no canonical form: {error}") from error


# orjson sorts names by code points, RFC 8785 by UTF-16 units: the same but for characters beyond the basic plane.
_BEYOND_BMP = re.compile(rb"[\xf0-\xf4]")
_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_FIELDS: dict[type, tuple[str, ...]] = {}
_AS_THEY_ARE = frozenset({str, int, bool, type(None)})


def _plain(value: Any) -> Any:  # noqa: ANN401  # JSON is anything
    """Return `value` in words of JSON, without floats."""
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    names = _FIELDS.get(kind)
    if names is None and is_dataclass(kind):
        names = _FIELDS[kind] = tuple(one.name for one in fields(kind))
    if names is not None:
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, int | str | date | datetime):
        return _word(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, Sequence | set | frozenset):
        return [_plain(one) for one in (sorted(value) if isinstance(value, set | frozenset) else value)]
    raise TypeError(f"{kind.__name__} has no place in a decision record")


def _word(value: int | str | date) -> int | str:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else int(value)


def open_record(content: bytes) -> StoredRecord:
    """Return what replay needs from the bytes of a record.

    Raises:
        ValueError: not a decision record.
    """
    document = json.loads(content)
    try:
        facts = {name: Fact(one["value"], one["origin"]) for name, one in document["facts"].items()}
        return StoredRecord(
            policy=document["policy"],
            version=document["version"],
            rule_set_sha256=document["rule_set_sha256"],
            as_of=date.fromisoformat(document["as_of"]),
            facts=facts,
            document=document,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a decision record: {error}") from error
