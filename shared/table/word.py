"""Words of a list, compared without what a keyboard or a page left in them."""

from enum import StrEnum
from typing import TypeVar

from shared.dictionary import DICTIONARY
from shared.kernel.fold import search_key

Member = TypeVar("Member", bound=StrEnum)


def folded_word(text: str) -> str:
    """Return a word in half width and lower case, without spaces, brackets, dashes and invisible marks.

    Source: K-TAB-06 (design).
    """
    if text.isascii() and text.isalpha():
        return text.lower()
    return "".join(mark for mark in search_key(text) if mark.isalnum())


def words_of(kind: type[Member]) -> dict[str, Member]:
    """Return every word by which our own lists name the values of an enumeration, folded: codes and both languages.

    Source: K-TAB-06 (design).
    """
    found: dict[str, Member] = {}
    for member in kind:
        meaning = DICTIONARY.of_value(kind.__name__, member.value)
        told = () if meaning is None else (meaning.zh, meaning.en)
        found |= {folded_word(word): member for word in (member.value, *told)}
    return found
