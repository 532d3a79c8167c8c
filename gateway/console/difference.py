"""What a colleague changed of a case between the reading of a form and its sending, field by field."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from gateway.console.form import Form
from gateway.console.format import NOTHING, day, instant, money, number, rate, yes
from gateway.console.words import Words

Shown = Literal["text", "money", "rate", "whole", "day", "instant", "yes", "value"]
_FORMATS: dict[str, Callable[..., str]] = {
    "money": money,
    "rate": rate,
    "whole": number,
    "day": day,
    "instant": instant,
    "yes": yes,
}
_LONGEST = 8_000
"""Characters of what a form holds of a case; what is longer was not written by us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One field of a case that somebody else may change while a form is open.

    Attributes:
        name: of the field; also its label, by the dictionary.
        kind: how it is shown.
        within: shape in which the dictionary names it, where it means something else there.
        enumeration: whose value it is, where `kind` is a value.
    """

    name: str
    kind: Shown = "text"
    within: str = ""
    enumeration: str = ""

    def text(self, words: Words, value: Any) -> str:  # noqa: ANN401  # JSON
        """Return a value as people read it; what cannot be read so is shown as it is."""
        if value is None or value == "":
            return NOTHING
        if self.kind == "value":
            return words.value(self.enumeration, str(value))
        shown = _FORMATS.get(self.kind)
        try:
            return str(value) if shown is None else shown(words, value)
        except (TypeError, ValueError):
            return str(value)


@dataclass(frozen=True, slots=True)
class Changed:
    """One field that changed: what was read, what stands now, what was typed; texts as people read them."""

    label: str
    read: str
    now: str
    typed: str


def kept(case: Mapping[str, Any], watched: Sequence[Watched]) -> str:
    """Return what a form holds of the case that it was opened on."""
    return orjson.dumps({one.name: case.get(one.name) for one in watched}).decode() if watched else ""


def differences(
    held: str, case: Mapping[str, Any], watched: Sequence[Watched], form: Form, words: Words
) -> list[Changed]:
    """Return the fields that changed since a form was opened.

    Args:
        held: what the form held of the case then, as `kept` wrote it; what is no such text says nothing.
        case: as it stands now.
        watched: its fields.
        form: what was typed.
        words: of the reader.
    """
    before = _read(held)
    return [
        Changed(
            label=words.field(one.name, one.within),
            read=one.text(words, before[one.name]),
            now=one.text(words, case.get(one.name)),
            typed=form.text(one.name) or NOTHING,
        )
        for one in watched
        if one.name in before and before[one.name] != case.get(one.name)
    ]


def _read(held: str) -> dict[str, Any]:
    if not held or len(held) > _LONGEST:
        return {}
    try:
        read = orjson.loads(held)
    except orjson.JSONDecodeError:
        return {}
    return read if isinstance(read, dict) else {}
