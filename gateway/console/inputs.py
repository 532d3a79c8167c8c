"""What a form asks for, and what its words mean to the API: yuan become fen, per cent parts per million."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gateway.console.form import Fault, Form
from gateway.console.words import Words, mark
from shared.kernel.office_date import read_date
from shared.kernel.percent import read_percent
from shared.table.amount import CNY, read_amount

Kind = Literal[
    "text",
    "textarea",
    "money",
    "rate",
    "whole",
    "day",
    "select",
    "radios",
    "checkboxes",
    "checkbox",
    "document",
    "days",
    "lines",
]
Choices = Sequence[tuple[str, str]]
_FEN_PER_YUAN = 100
_MOST_DIGITS = 15
_UNREADABLE = {
    "money": mark("Write an amount in yuan, such as 1,200,000.00."),
    "rate": mark("Write a rate in per cent, such as 3.45."),
    "whole": mark("Write a whole number."),
    "day": mark("Write a day, such as 2026-11-29."),
    "days": mark("Write one day a line, such as 2026-10-01."),
}
_MISSING = mark("This must be filled in.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of a form.

    Attributes:
        name: of the field in the body of the operation; also its label, by the dictionary.
        kind: how it is typed.
        inside: the object of the body in which it stands, such as `evidence`; empty for the body itself.
        field: that the dictionary names it by, where it is not the name.
        within: shape in which the dictionary names it, where it means something else there.
        label: instead of the dictionary's, in English.
        help: beneath the label, in English.
        required: whether it must be filled in.
        enumeration: whose values are the choices.
    """

    name: str
    kind: Kind = "text"
    inside: str = ""
    field: str = ""
    within: str = ""
    label: str = ""
    help: str = ""
    required: bool = True
    enumeration: str = ""

    @property
    def key(self) -> str:
        """What the form calls it."""
        return f"{self.inside}-{self.name}" if self.inside else self.name

    @property
    def held_key(self) -> str:
        """What the form calls the digest of a document that came with it and is kept already."""
        return f"{self.key}_sha256"

    def title(self, words: Words) -> str:
        """Return what people call it."""
        return words.gettext(self.label) if self.label else words.field(self.field or self.name, self.within)

    def choices(self, words: Words, given: Mapping[str, Choices]) -> Choices:
        """Return what can be chosen: given by the view, or the values of the enumeration."""
        return given.get(self.key) or (words.values(self.enumeration) if self.enumeration else ())

    @property
    def markup(self) -> str:
        """How the field component shows it."""
        return {"whole": "number", "rate": "number", "day": "date", "document": "file", "days": "textarea"}.get(
            self.kind, "textarea" if self.kind == "lines" else self.kind
        )

    @property
    def unit(self) -> str:
        """What stands behind the number."""
        return "%" if self.kind == "rate" else ""


def body_of(form: Form, inputs: Sequence[Input], words: Words) -> dict[str, Any]:
    """Return the body that the form means; what cannot be read stands among its faults.

    An input that is left empty is not sent: the API says itself what it cannot do without, and in whose words.
    """
    body: dict[str, Any] = {}
    for one in inputs:
        value = _meant(form, one, words)
        if value is None:
            continue
        into = body.setdefault(one.inside, {}) if one.inside else body
        into[f"{one.name}_sha256" if one.kind == "document" else one.name] = value
    return body


def pointers(inputs: Sequence[Input]) -> dict[str, str]:
    """Return the input that each pointer of the API is about, for inputs that stand inside an object."""
    found: dict[str, str] = {}
    for one in inputs:
        if one.inside:
            name = f"{one.name}_sha256" if one.kind == "document" else one.name
            found[f"/{one.inside}/{name}"] = one.key
            found.setdefault(f"/{one.inside}", one.key)
    return found


def _meant(form: Form, one: Input, words: Words) -> object:
    """Return what an input means, None where it is left empty or cannot be read."""
    if one.kind == "checkboxes":
        return form.all(one.key)
    if one.kind == "checkbox":
        return form.text(one.key) == "yes"
    if one.kind == "lines" and (form.text(one.key) or not one.required):
        return [line.strip() for line in form.text(one.key).splitlines() if line.strip()]
    typed = form.text(one.held_key if one.kind == "document" else one.key)
    if not typed:
        if one.required:
            form.faults.append(Fault(one.key, words.gettext(_MISSING)))
        return None
    value = _value(one.kind, typed)
    if value is None:
        form.faults.append(Fault(one.key, words.gettext(_UNREADABLE[one.kind])))
    return value


def _value(kind: Kind, typed: str) -> object:
    """Return what the API is sent; None for what cannot be read."""
    if kind == "money":
        amount = read_amount(typed, _FEN_PER_YUAN)
        return amount.fen if amount.currency == CNY else None
    if kind == "rate":
        return read_percent(typed)
    if kind == "whole":
        plain = typed.replace(",", "").replace("，", "")
        return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= _MOST_DIGITS else None
    if kind == "day":
        found = read_date(typed)
        return None if found is None else found.isoformat()
    if kind == "days":
        days = [read_date(one) for one in re.split(r"[\s,;，；、]+", typed) if one]
        return None if None in days else [one.isoformat() for one in days if one is not None]
    return typed
