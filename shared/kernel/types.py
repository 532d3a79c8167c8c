"""Units, limits and column types together: each word is declared once and means the same in Python, SQL and JSON.

Write `x: Fen` or `x: FenOrNone = None`. `Fen | None` and `x: Fen = Field(...)` drop the BIGINT column type.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Strict, StringConstraints
from sqlalchemy import BigInteger, Integer, String, Text
from sqlmodel import Field

from shared.kernel import patent_no, uscc
from shared.kernel.fault import value_fault
from shared.kernel.fold import fold_code, search_key
from shared.kernel.text import line, person_name, prose, without_invisible
from shared.kernel.unit import is_unit

MAX_FEN = 9_000_000_000_000_000
"""Ninety trillion yuan: far above any sum here and below 2**53, so that no JSON reader rounds it."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:?\d{2})", re.ASCII)


def _folded(code: str) -> str:
    return fold_code(code).text


def _valid_uscc(text: str) -> str:
    code = _folded(text)
    if not uscc.is_valid(code):
        raise value_fault(
            "uscc_invalid",
            "不是统一社会信用代码：应为18位，且校验位相符（GB 32100-2015）",
            "not a unified social credit code: 18 characters with a check character (GB 32100-2015)",
        )
    return code


def _well_formed_uscc(text: str) -> str:
    code = _folded(text)
    if not uscc.is_well_formed(code):
        raise value_fault(
            "uscc_malformed",
            "不是统一社会信用代码：应为18位规定字符（GB 32100-2015）",
            "not 18 characters of the alphabet of unified social credit codes (GB 32100-2015)",
        )
    return code


def _unit_known(text: str) -> str:
    unit_id = _folded(text)
    if not is_unit(unit_id):
        raise value_fault(
            "unit_unknown", "不是上报单位，可查询上报单位目录", "not a reporting unit; see the list of reporting units"
        )
    return unit_id


def _reference(text: str) -> str:
    kept = line(text)
    if not _folded(kept):
        raise value_fault("reference_empty", "编号没有字母或数字", "there is no letter or digit in the number")
    return kept


def _written_day(value: object) -> object:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    # A number, or a text of digits, would be taken for seconds since 1970.
    if not isinstance(value, str) or _DAY.fullmatch(value) is None:
        raise value_fault(
            "date_not_written", "应为文本日期，如 2026-11-23", "must be a date as text, such as 2026-11-23"
        )
    return value


def _written_instant(value: object) -> object:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or _INSTANT.fullmatch(value) is None:
        raise value_fault(
            "instant_not_written",
            "应为带时区的文本时刻，如 2026-11-23T08:00:00Z",
            "must be an instant as text with its time zone, such as 2026-11-23T08:00:00Z",
        )
    return value


def _unless_none(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


def _unless_blank(read: Callable[[str], str]) -> Callable[[str | None], str | None]:
    # A form sends an empty text for a field that was left out.
    return lambda text: None if text is None or not text.strip() else read(text)


def _searched(text: str) -> str:
    kept = line(without_invisible(text))  # a search keeps nothing: what a copy brought along is no reason to refuse
    if not search_key(kept):
        raise value_fault("search_text_empty", "没有可供查找的文字", "there is nothing in it to search for")
    return kept


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
    Annotated[str, AfterValidator(_valid_uscc), Field(max_length=18)] | None, Field(sa_type=String(18))
]
"""A unified social credit code, or unknown."""
LooseUscc = Annotated[str, AfterValidator(_well_formed_uscc), Field(sa_type=String(18), max_length=18)]
"""A code of the right form; official sources hold some whose check character does not agree."""
LooseUsccOrNone = Annotated[
    Annotated[str, AfterValidator(_well_formed_uscc), Field(max_length=18)] | None, Field(sa_type=String(18))
]
"""A code of the right form, or unknown."""
PatentNo = Annotated[str, AfterValidator(patent_no.normalise), Field(sa_type=String(13), max_length=24)]
"""A Chinese patent application number, kept as 13 (or, before 2003-10, 9) characters without dot and prefix."""
UnitId = Annotated[str, AfterValidator(_unit_known), Field(sa_type=String(8), max_length=8)]
"""A reporting unit: a GB/T 2260 code of Chongqing or CQ-LJ, CQ-GX, CQ-WS."""
CodeText = Annotated[str, AfterValidator(_folded), Field(sa_type=String(200), max_length=200)]
"""A code of any kind as it is looked up: folded, not judged."""
CodeTextOrNone = Annotated[
    Annotated[str, AfterValidator(_folded), Field(max_length=200)] | None, Field(sa_type=String(200))
]
"""A code of any kind as it is looked up, or none."""
Day = Annotated[date, BeforeValidator(_written_day)]
"""A calendar day; in JSON and in queries a text such as 2026-11-23, never a number."""
DayOrNone = Annotated[date | None, BeforeValidator(_unless_none(_written_day))]
"""A calendar day, or none."""
GivenInstant = Annotated[AwareDatetime, BeforeValidator(_written_instant)]
"""An instant with its time zone; in JSON and in queries a text."""
GivenInstantOrNone = Annotated[AwareDatetime | None, BeforeValidator(_unless_none(_written_instant))]
"""An instant, or none."""
ShortText = Annotated[str, AfterValidator(line), Field(sa_type=String(200), max_length=200)]
"""One line for people, 1-200 characters."""
ShortTextOrNone = Annotated[str | None, Field(sa_type=String(200), max_length=200), AfterValidator(_unless_blank(line))]
"""One line for people, or nothing."""
Reference = Annotated[str, AfterValidator(_reference), Field(sa_type=String(200), max_length=200)]
"""A number that somebody else gave, shown as it was written; what it is compared by is its fold."""
Sha256 = Annotated[str, StringConstraints(min_length=64, max_length=64, pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of a document: 64 lower-case hexadecimal digits."""
PersonName = Annotated[str, AfterValidator(person_name), Field(sa_type=String(200), max_length=200)]
"""The name of a person who is named in public or signs: one line with at least one letter."""
LongText = Annotated[str, AfterValidator(prose), Field(sa_type=Text, max_length=4000)]
"""Paragraphs for people, 1-4,000 characters; line breaks are kept."""
LongTextOrNone = Annotated[str | None, Field(sa_type=Text, max_length=4000), AfterValidator(_unless_blank(prose))]
"""Paragraphs for people, or nothing."""
SearchText = Annotated[str, AfterValidator(_searched), Field(max_length=200)]
"""What somebody looks for: at least one character that a search can compare."""
SearchTextOrNone = Annotated[str | None, Field(max_length=200), AfterValidator(_unless_blank(_searched))]
"""What somebody looks for, or nothing: an empty box of a form looks for nothing."""
