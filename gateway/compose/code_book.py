"""The code book: what every field and every value of the interface is called, out of the product's one dictionary."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from shared.dictionary import DICTIONARY
from shared.dictionary.meaning import Dictionary, Meaning, with_unit
from shared.kernel.fold import search_key


class CodeKind(StrEnum):
    """What an entry of the code book explains."""

    FIELD = "FIELD"
    VALUE = "VALUE"
    GROUP = "GROUP"


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One entry.

    Attributes:
        kind: what it explains.
        within: shape or operation in which a field means this; the enumeration of a value; None: everywhere.
        code: the field, the value, or the group of routes.
        name_zh: what people call it, in Chinese.
        name_en: 〃 in English.
    """

    kind: CodeKind
    within: str | None
    code: str
    name_zh: str
    name_en: str

    def is_found_by(self, text: str) -> bool:
        """Tell whether what somebody looks for stands in one of its words."""
        wanted = search_key(text)
        return any(wanted in search_key(one) for one in (self.code, self.within or "", self.name_zh, self.name_en))


@cache
def code_book(dictionary: Dictionary = DICTIONARY) -> tuple[CodeEntry, ...]:
    """Return every entry: fields, then values, then groups of routes, each sorted by its code."""
    order = list(CodeKind)
    return tuple(sorted(_entries(dictionary), key=lambda one: (order.index(one.kind), one.code, one.within or "")))


def found(kind: CodeKind | None, within: str | None, code: str | None, text: str | None) -> Sequence[CodeEntry]:
    """Return the entries that are asked for, those without a condition all."""
    return [
        one
        for one in code_book()
        if (kind is None or one.kind is kind)
        and (within is None or one.within == within)
        and (code is None or one.code == code)
        and (text is None or one.is_found_by(text))
    ]


def _entries(dictionary: Dictionary) -> Iterator[CodeEntry]:
    for name, meaning in dictionary.fields.items():
        within, _, field = name.rpartition(".")
        yield _entry(CodeKind.FIELD, within or None, field, with_unit(field, meaning))
    for enumeration, values in dictionary.enumerations.items():
        for value, meaning in values.items():
            yield _entry(CodeKind.VALUE, enumeration, value, meaning)
    for name, meaning in dictionary.tags.items():
        yield _entry(CodeKind.GROUP, None, name, meaning)


def _entry(kind: CodeKind, within: str | None, code: str, meaning: Meaning) -> CodeEntry:
    return CodeEntry(kind, within, code, meaning.zh, meaning.en)
