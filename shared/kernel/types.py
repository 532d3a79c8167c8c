"""Units, limits and column types together: each word is declared once and means the same in Python, SQL and JSON.

Write `x: Fen` or `x: FenOrNone = None`. `Fen | None` and `x: Fen = Field(...)` drop the BIGINT column type.
"""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Strict
from sqlalchemy import BigInteger, Integer, String, Text
from sqlmodel import Field

from shared.kernel import patent_no, uscc
from shared.kernel.unit import is_unit

MAX_FEN = 9_000_000_000_000_000
"""Ninety trillion yuan: far above any sum here and below 2**53, so that no JSON reader rounds it."""


def _valid_uscc(code: str) -> str:
    if not uscc.is_valid(code):
        raise ValueError("not a unified social credit code: 18 characters with a check character (GB 32100-2015)")
    return code


def _well_formed_uscc(code: str) -> str:
    if not uscc.is_well_formed(code):
        raise ValueError("not 18 characters of the alphabet of unified social credit codes (GB 32100-2015)")
    return code


def _clean(text: str) -> str:
    # What can be printed holds none of them: most texts need no look at each character.
    if not text.isprintable() and any(
        unicodedata.category(mark) in {"Cc", "Cs", "Co", "Cn"} and mark not in "\n\t" for mark in text
    ):
        raise ValueError("the text holds control characters or damaged characters")
    if "�" in text:
        raise ValueError("the text holds U+FFFD: it was damaged before it came here")
    return text.strip()


def _not_empty(text: str) -> str:
    if not text:
        raise ValueError("the text is empty")
    return text


def _unit_known(unit_id: str) -> str:
    if not is_unit(unit_id):
        raise ValueError("not a reporting unit; see /v1/units")
    return unit_id


Fen = Annotated[int, Strict(), Field(ge=0, le=MAX_FEN, sa_type=BigInteger)]
"""Money in fen, 0 or more."""
FenOrNone = Annotated[int | None, Strict(), Field(ge=0, le=MAX_FEN, sa_type=BigInteger)]
"""Money in fen, or unknown."""
RatePpm = Annotated[int, Strict(), Field(ge=0, le=10_000_000, sa_type=Integer)]
"""A rate in parts per million: 3.45 % is 34,500."""
Milli = Annotated[int, Strict(), Field(ge=0, le=MAX_FEN, sa_type=BigInteger)]
"""Thousandths, of a point or of a count."""
Count = Annotated[int, Strict(), Field(ge=0, le=100_000_000, sa_type=Integer)]
"""A number of things or people."""
TermMonths = Annotated[int, Strict(), Field(ge=1, le=360, sa_type=Integer)]
"""A term in whole months."""
Year = Annotated[int, Strict(), Field(ge=1990, le=2100, sa_type=Integer)]
"""A calendar year."""
Uscc = Annotated[str, AfterValidator(_valid_uscc), Field(sa_type=String(18), max_length=18)]
"""A unified social credit code whose check character agrees."""
# The length comes first: behind a validator, pydantic would apply it to None too and raise TypeError.
UsccOrNone = Annotated[
    str | None, Field(sa_type=String(18), max_length=18), AfterValidator(lambda code: code and _valid_uscc(code))
]
"""A unified social credit code, or unknown."""
LooseUscc = Annotated[str, AfterValidator(_well_formed_uscc), Field(sa_type=String(18), max_length=18)]
"""A code of the right form; official sources hold some whose check character does not agree."""
PatentNo = Annotated[str, AfterValidator(patent_no.normalise), Field(sa_type=String(13), max_length=24)]
"""A Chinese patent application number, kept as 13 (or, before 2003-10, 9) characters without dot and prefix."""
UnitId = Annotated[str, AfterValidator(_unit_known), Field(sa_type=String(8), max_length=8)]
"""A reporting unit: a GB/T 2260 code of Chongqing or CQ-LJ, CQ-GX, CQ-WS."""
ShortText = Annotated[
    str, AfterValidator(_clean), AfterValidator(_not_empty), Field(sa_type=String(200), max_length=200)
]
"""One line for people, 1-200 characters."""
ShortTextOrNone = Annotated[
    str | None, Field(sa_type=String(200), max_length=200), AfterValidator(lambda text: text and _clean(text))
]
"""One line for people, or nothing."""
LongText = Annotated[str, AfterValidator(_clean), AfterValidator(_not_empty), Field(sa_type=Text, max_length=4000)]
"""A paragraph for people, 1-4,000 characters."""
LongTextOrNone = Annotated[
    str | None, Field(sa_type=Text, max_length=4000), AfterValidator(lambda text: text and _clean(text))
]
"""A paragraph for people, or nothing."""
