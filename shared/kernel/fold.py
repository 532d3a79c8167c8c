"""Folds: what people write in many ways is compared in one. One for codes, one for searching and for duplicates."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from shared.kernel.fault import value_fault
from shared.kernel.text import current_letters, without_invisible

_LONGEST_CODE = 200
_ROUNDS = 4
_APOSTROPHES = "'‘’`´＇"  # what spreadsheets and pages put before a code that shall stay text
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_SPACES = re.compile(r"\s+")
_BRACKETS = re.compile("[()\\[\\]{}<>〈〉《》「」『』【】〔〕〖〗〘〙〚〛⟨⟩«»‹›]")


class Folding(StrEnum):
    """What was done to a code before it was read."""

    APOSTROPHE = "APOSTROPHE"
    INVISIBLE = "INVISIBLE"
    WIDTH = "WIDTH"
    SPACE = "SPACE"
    CASE = "CASE"

    @property
    def title_zh(self) -> str:
        """What was done, in Chinese."""
        return _TITLES[self][0]

    @property
    def title_en(self) -> str:
        """What was done, in English."""
        return _TITLES[self][1]


_TITLES = {
    Folding.APOSTROPHE: ("去掉了前面的单引号", "the leading apostrophe was taken out"),
    Folding.INVISIBLE: ("去掉了看不见的字符", "invisible characters were taken out"),
    Folding.WIDTH: ("全角字符改为半角", "full-width characters were made narrow"),
    Folding.SPACE: ("去掉了空格", "spaces were taken out"),
    Folding.CASE: ("小写字母改为大写", "small letters were made capital"),
}


_STEPS: tuple[tuple[Folding, Callable[[str], str]], ...] = (
    (Folding.INVISIBLE, without_invisible),
    (Folding.APOSTROPHE, lambda code: code.lstrip(_APOSTROPHES)),
    (Folding.WIDTH, lambda code: _DASHES.sub("-", unicodedata.normalize("NFKC", code))),
    (Folding.SPACE, lambda code: _SPACES.sub("", code)),
    (Folding.CASE, str.upper),
)


@dataclass(frozen=True, slots=True)
class FoldedCode:
    """A code as it is kept, and what was folded to get there.

    Attributes:
        text: the code.
        foldings: empty where it came as it is kept; outer spaces alone are not worth a word.
    """

    text: str
    foldings: tuple[Folding, ...]


def fold_code(text: str) -> FoldedCode:
    """Return a code without what a copy brings along: width, invisible marks, spaces, an apostrophe, small letters.

    For every kind of code: credit codes, numbers of rights, own references, unit ids. It judges nothing: `O` stays `O`.

    Raises:
        ValueError: `code_too_long` beyond 200 characters.

    Source: K-FOL-01 (design: a code that looks right is right).
    """
    if len(text) > _LONGEST_CODE:
        raise value_fault("code_too_long", "代码过长", "the code is too long")
    outer = text.strip()
    if outer.isascii() and outer.isalnum() and outer.upper() == outer:  # most of them: a list has thousands
        return FoldedCode(outer, ())
    found: dict[Folding, None] = {}
    code = outer
    for _ in range(_ROUNDS):  # one fold may leave work for another: a space taken out lets two marks become one letter
        before = code
        for folding, step in _STEPS:
            folded = step(code)
            if folded != code:
                found[folding] = None
            code = folded.strip()
        if code == before:
            break
    return FoldedCode(code, tuple(found))


def reference_key(text: str) -> str:
    """Return what a number that somebody else gave is compared by, wherever it may be used once only.

    Source: K-FOL-03 (design: a reference that only looks new was used before).
    """
    return fold_code(text).text


def search_key(text: str) -> str:
    """Return what a text is found and compared by: width, case, brackets, spaces and invisible marks are folded.

    `华为(重庆)` and `华为（重庆）` have one key, `ai` and `ＡＩ` too. Stored keys and typed words pass here
    alike: whoever changes this function rebuilds the stored keys.

    Source: K-FOL-02 (design: what looks alike is found alike).
    """
    plain = text if text.isascii() else unicodedata.normalize("NFKC", without_invisible(current_letters(text)))
    return _SPACES.sub("", _BRACKETS.sub("", plain)).casefold()
