"""One dictionary: what every field and every value of an enumeration means, once, in Chinese and English.

It is data: what all services have and what each has stands in a file beside this one. The description of the interface,
the headings of exports and the texts of refusals draw on it; none of them types a meaning again.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

_UNITS = {
    "_fen": ("（单位：分）", ", in fen"),
    "_ppm": ("（百万分之一）", ", in parts per million"),
    "_milli": ("（千分之一）", ", in thousandths"),
}
"""What the end of a field's name says of its number (decision 28)."""


class Meaning(NamedTuple):
    """What something is called, in both languages."""

    zh: str
    en: str

    def __str__(self) -> str:
        """Return both, as the description of the interface shows them."""
        return f"{self.zh} / {self.en}"


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The meanings, by name.

    Attributes:
        fields: field, `Shape.field` or `operation.parameter` → meaning.
        enumerations: class name, or `Shape.field` of values without a class → value → meaning.
        tags: group of routes → meaning.
    """

    fields: Mapping[str, Meaning] = field(default_factory=dict)
    enumerations: Mapping[str, Mapping[str, Meaning]] = field(default_factory=dict)
    tags: Mapping[str, Meaning] = field(default_factory=dict)

    @classmethod
    def read(cls, *folders: Path) -> "Dictionary":
        """Return the dictionary of all files of the folders.

        Raises:
            ValueError: an entry stands twice, or is no pair of texts.
        """
        fields: dict[str, Meaning] = {}
        enumerations: dict[str, Mapping[str, Meaning]] = {}
        tags: dict[str, Meaning] = {}
        for path in sorted(path for folder in folders for path in folder.glob("*.toml")):
            document = tomllib.loads(path.read_text(encoding="utf-8"))
            _add(fields, _meanings(document.get("fields", {})), path)
            _add(tags, _meanings(document.get("tags", {})), path)
            values = document.get("enumerations", {})
            _add(enumerations, {name: _meanings(one) for name, one in values.items()}, path)
        return cls(fields, enumerations, tags)

    def of_field(self, name: str, *, within: str = "") -> Meaning | None:
        """Return what a field means, within a shape or an operation if it means something else there."""
        return self.fields.get(f"{within}.{name}") or self.fields.get(name)

    def title(self, name: str) -> Meaning:
        """Return what people call a field of a list; a day or an instant may be named without `_on` or `_at`.

        Raises:
            KeyError: the dictionary does not know the field.
        """
        found = next((self.fields[one] for one in (name, f"{name}_on", f"{name}_at") if one in self.fields), None)
        if found is None:
            raise KeyError(f"the dictionary does not know {name}")
        return found

    def of_values(self, enumeration: str) -> Mapping[str, Meaning]:
        """Return the meanings of an enumeration's values, none for an unknown one."""
        return self.enumerations.get(enumeration, {})

    def of_value(self, enumeration: str, value: str) -> Meaning | None:
        """Return what one value of an enumeration means."""
        return self.of_values(enumeration).get(value)


def with_unit(name: str, meaning: Meaning) -> Meaning:
    """Return the meaning of a field with the unit that its name tells, as programs read it."""
    zh, en = next((unit for end, unit in _UNITS.items() if name.endswith(end)), ("", ""))
    return Meaning(meaning.zh + zh, meaning.en + en)


def _meanings(entries: Mapping[str, object]) -> dict[str, Meaning]:
    return {name: _meaning(name, told) for name, told in entries.items()}


def _meaning(name: str, told: object) -> Meaning:
    match told:
        case [str() as zh, str() as en] if zh and en:
            return Meaning(zh, en)
    raise ValueError(f"{name} is not told in Chinese and English")


def _add(held: dict[str, Any], more: Mapping[str, Any], path: Path) -> None:
    twice = sorted(held.keys() & more.keys())
    if twice:
        raise ValueError(f"{path} tells again what {', '.join(twice)} means")
    held.update(more)
