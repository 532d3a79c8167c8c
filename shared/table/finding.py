"""What is said of one line of an uploaded list: the finding, how grave it is, and the way out."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from shared.dictionary import DICTIONARY
from shared.dictionary.meaning import Meaning
from shared.kernel.detail_text import detail_words
from shared.kernel.errors import Detail, Refusal, RefusalCode

_LONGEST_VALUE = 100
_UNSEEN = frozenset({"Cf", "Cc", "Co", "Cn", "Cs", "Zl", "Zp"})
_BLANK = "\u3164\u115f\u1160\u2800\uffa0\ufeff"


class RowGravity(StrEnum):
    """What a finding does to its line."""

    REFUSED = "REFUSED"
    FLAGGED = "FLAGGED"
    NOTED = "NOTED"


class RowOutcome(StrEnum):
    """What became of a line."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class FindingKind:
    """One kind of finding with its texts in both languages; the texts may name details in braces."""

    code: str
    gravity: RowGravity
    text_zh: str
    text_en: str
    way_out_zh: str
    way_out_en: str


@dataclass(frozen=True, slots=True)
class RowFinding:
    """One finding on one line.

    Attributes:
        kind: what was found.
        column: heading of the cell, as the file writes it.
        value: what stands there, short, its invisible marks made visible.
        group: what the summary counts by.
        label: the group in Chinese and in English, where it is a code of ours and not a word of the file.
        details: values that the texts name.
    """

    kind: FindingKind
    column: str
    value: str
    group: str = ""
    details: tuple[tuple[str, Detail], ...] = ()
    label: tuple[str, str] | None = None

    def labelled(self, zh: str, en: str) -> "RowFinding":
        """Return this finding with the words of its group."""
        return replace(self, label=(zh, en))


def finding(
    kind: FindingKind,
    column: str,
    value: object,
    *,
    group: str = "",
    **details: Detail,
) -> RowFinding:
    """Return a finding whose value is short, visible and fit to be stored; a group of our own values has its words.

    Source: K-TAB-01 (design: a report names line, column and way out).
    """
    meaning = DICTIONARY.of_value(type(group).__name__, group.value) if isinstance(group, StrEnum) else None
    label = None if meaning is None else (meaning.zh, meaning.en)
    return RowFinding(kind, column, _short(value), str(group), tuple(details.items()), label)


def from_refusal(refusal: Refusal, column: str, value: object) -> RowFinding:
    """Return the refusal of a rule as a finding that leaves its line out.

    Source: K-TAB-01 (design).
    """
    return RowFinding(kind_of(refusal.code), column, _short(value), details=tuple(refusal.details.items()))


def _short(value: object) -> str:
    shown = visible("" if value is None else str(value))
    return shown if len(shown) <= _LONGEST_VALUE else shown[: _LONGEST_VALUE - 1] + "…"


def kind_of(code: RefusalCode) -> FindingKind:
    """Return a refusal's code as a kind of finding."""
    return FindingKind(code.code, RowGravity.REFUSED, code.title_zh, code.title_en, code.way_out_zh, code.way_out_en)


def visible(text: str) -> str:
    """Return a text with its invisible marks written out, as ⟨U+200B⟩: what looks right must not hide what is wrong.

    Source: K-TAB-01 (design).
    """
    if text.isprintable() and not any(mark in text for mark in _BLANK):
        return text
    return "".join(_shown(mark) for mark in text)


def _shown(mark: str) -> str:
    if mark in "\n\t\r":
        return " "
    if mark == "\ufffd" or not (unicodedata.category(mark) in _UNSEEN or mark in _BLANK):
        return mark
    # A NUL cannot be stored as text in PostgreSQL, and a lone surrogate cannot be sent.
    return f"⟨U+{ord(mark):04X}⟩"


def is_refused(findings: Iterable[RowFinding]) -> bool:
    """Tell whether a line is left out.

    Source: K-TAB-01 (design: good rows are kept).
    """
    return any(one.kind.gravity is RowGravity.REFUSED for one in findings)


def texts(kind: FindingKind, details: Mapping[str, Detail | Meaning]) -> dict[str, str]:
    """Return the words of a finding in both languages, its details filled in; a detail that is missing stays blank."""
    given = {name: "" if value is None else value for name, value in details.items()}
    zh, en = _Words(detail_words(given, "zh")), _Words(detail_words(given, "en"))
    return {
        "text_zh": kind.text_zh.format_map(zh),
        "text_en": kind.text_en.format_map(en),
        "way_out_zh": kind.way_out_zh.format_map(zh),
        "way_out_en": kind.way_out_en.format_map(en),
    }


class _Words(dict[str, str]):
    """Details by name; an unknown one is blank."""

    def __missing__(self, key: str) -> str:
        """Return nothing for a detail that was not given."""
        return ""
