"""The one reader of dates in tables: what offices write is read, anything else is a finding of the caller."""

import re
import unicodedata
from datetime import date, timedelta

from shared.kernel.text import without_invisible

_FIRST_YEAR, _LAST_YEAR = 1800, 2199
_LONGEST = 40
_YMD = re.compile(
    r"(?P<year>\d{4})(?:(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})|年(?P<cm>\d{1,2})月(?P<cd>\d{1,2})[日号])"
)
_COMPACT = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})")
# A zone would make it another day here: such an instant is no date of a table.
_TIME = r"(?:T| |(?<=[日号]))(?:[01]?\d|2[0-4]):[0-5]?\d(?::[0-5]?\d(?:\.\d{1,9})?)?"
_WITH_TIME = re.compile(rf"(?P<day>[^: T]+){_TIME}")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_SPACE = re.compile(r"\s+")
_AROUND_MARKS = re.compile(r"\s*([-/.年月日号])\s*")
# Below lie numbers that people mean as years, above lie dates beyond this century.
_FIRST_SERIAL, _LAST_SERIAL = 10_000, 80_000
_EPOCH_1900 = date(1899, 12, 30)  # a 29 February 1900 that never was lies before the first serial that is read
_EPOCH_1904 = date(1904, 1, 1)


def read_date(value: object, *, since_1904: bool = False) -> date | None:
    """Return the date that a cell holds, or None where it holds none that is certain.

    Read are 2020/1/5, 2020-1-5, 2020.1.5, 2020年1月5日 and 20200105, full width, spaces around the marks and a time of
    day after it (without a zone); the serial of a spreadsheet as number or text; dates and instants of a typed cell.
    Not read: week dates, months alone, two-digit years, numbers that may be years, anything with more behind it.

    Args:
        value: a cell: text, number, date or instant.
        since_1904: whether the book counts its serials from 1904-01-01.

    Source: K-DAY-04 (GB/T 7408; ECMA-376 part 1, 18.17.4.1).
    """
    if isinstance(value, date):  # an instant is one too
        return _plausible(date(value.year, value.month, value.day))
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        # 20200105 in a cell of numbers is what it looks like.
        return _serial(value, since_1904=since_1904) or _written(str(value).removesuffix(".0"), _COMPACT)
    return _text(str(value), since_1904=since_1904)


def _text(told: str, *, since_1904: bool) -> date | None:
    if len(told) > _LONGEST:
        return None
    text = unicodedata.normalize("NFKC", without_invisible(told)).strip().lstrip("'")
    if _SERIAL.fullmatch(text) is not None:
        return _serial(float(text), since_1904=since_1904)
    text = _AROUND_MARKS.sub(r"\1", _SPACE.sub(" ", text))
    timed = _WITH_TIME.fullmatch(text)
    if timed is not None:
        text = timed["day"]
    return _written(text, _YMD) or _written(text, _COMPACT)


def _written(text: str, pattern: re.Pattern[str]) -> date | None:
    match = pattern.fullmatch(text) if text.isascii() or pattern is _YMD else None
    if match is None:
        return None
    found = match.groupdict()
    month, day = found["month"] or found.get("cm"), found["day"] or found.get("cd")
    try:
        return _plausible(date(int(found["year"]), int(month or 0), int(day or 0)))
    except ValueError:
        return None


def _serial(number: float, *, since_1904: bool) -> date | None:
    if not _FIRST_SERIAL <= number < _LAST_SERIAL:
        return None
    return _plausible((_EPOCH_1904 if since_1904 else _EPOCH_1900) + timedelta(days=int(number)))


def _plausible(on: date) -> date | None:
    return on if _FIRST_YEAR <= on.year <= _LAST_YEAR else None
