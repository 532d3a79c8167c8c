"""What a form asks for, and what its words mean to the API: yuan become fen, per cent parts per million."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gateway.console.form import Fault, Form
from gateway.console.words import Words, mark
from shared.kernel.office_date import read_date
from shared.kernel.percent import read_percent
from shared.table.amount import CNY, read_amount

Kind = Literal["text", "textarea", "money", "rate", "whole", "day", "select", "radios", "checkboxes", "checkbox"]
Choices = Sequence[tuple[str, str]]
_FEN_PER_YUAN = 100
_MOST_DIGITS = 15
_UNREADABLE = {
    "money": mark("Write an amount in yuan, such as 1,200,000.00."),
    "rate": mark("Write a rate in per cent, such as 3.45."),
    "whole": mark("Write a whole number."),
    "day": mark("Write a day, such as 2026-11-29."),
}
_MISSING = mark("This must be filled in.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of a form.

    Attributes:
        name: of the field in the body of the operation; also its label, by the dictionary.
        kind: how it is typed.
        within: shape in which the dictionary names it, where it means something else there.
        label: instead of the dictionary's, in English.
        help: beneath the label, in English.
        required: whether it must be filled in.
        enumeration: whose values are the choices.
    """

    name: str
    kind: Kind = "text"
    within: str = ""
    label: str = ""
    help: str = ""
    required: bool = True
    enumeration: str = ""

    def title(self, words: Words) -> str:
        """Return what people call it."""
        return words.gettext(self.label) if self.label else words.field(self.name, self.within)

    def choices(self, words: Words, given: Mapping[str, Choices]) -> Choices:
        """Return what can be chosen: given by the view, or the values of the enumeration."""
        return given.get(self.name) or (words.values(self.enumeration) if self.enumeration else ())

    @property
    def markup(self) -> str:
        """How the field component shows it."""
        return {"whole": "number", "rate": "number", "day": "date"}.get(self.kind, self.kind)

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
        if one.kind == "checkboxes":
            body[one.name] = form.all(one.name)
            continue
        if one.kind == "checkbox":
            body[one.name] = form.text(one.name) == "yes"
            continue
        typed = form.text(one.name)
        if not typed:
            if one.required:
                form.faults.append(Fault(one.name, words.gettext(_MISSING)))
            continue
        value = _value(one.kind, typed)
        if value is None:
            form.faults.append(Fault(one.name, words.gettext(_UNREADABLE[one.kind])))
        else:
            body[one.name] = value
    return body


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
    return typed
