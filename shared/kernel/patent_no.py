"""Chinese patent application numbers with their check digit (标准 ZC 0006-2003, and the form before 2003-10-01)."""

import re
from enum import StrEnum

from shared.kernel.fault import value_fault
from shared.kernel.fold import fold_code

_NEW = re.compile(r"(?P<year>(?:19|20)\d{2})(?P<type>[12389])(?P<serial>\d{7})(?P<check>[0-9X])")
_OLD = re.compile(r"(?P<year>\d{2})(?P<type>[12389])(?P<serial>\d{5})(?P<check>[0-9X])")
_PREFIX = re.compile("^(?:ZL|CN)")
_OLD_LENGTH = 9


class PatentType(StrEnum):
    """The kind of patent that the type digit names."""

    INVENTION = "INVENTION"
    UTILITY_MODEL = "UTILITY_MODEL"
    DESIGN = "DESIGN"


_TYPES = {
    "1": PatentType.INVENTION,
    "2": PatentType.UTILITY_MODEL,
    "3": PatentType.DESIGN,
    "8": PatentType.INVENTION,
    "9": PatentType.UTILITY_MODEL,
}


def check_digit(digits: str) -> str:
    """Return the check digit (0-9 or X) for the 12 (or, old form, 8) digits before it.

    Source: ZC 0006-2003, weights 2-9 in turn, mod 11, 10 is X.
    """
    remainder = sum(int(digit) * (2 + place % 8) for place, digit in enumerate(digits)) % 11
    return "X" if remainder == 10 else str(remainder)  # noqa: PLR2004  # mod 11 has ten as its last remainder


def normalise(text: str) -> str:
    """Return the number as 13 (or 9) characters, folded, without prefix and dot.

    Raises:
        ValueError: not of either form, or the check digit does not agree.
    """
    number = _PREFIX.sub("", fold_code(text).text).replace(".", "")
    match = _NEW.fullmatch(number) or _OLD.fullmatch(number)
    if match is None or not number.isascii():
        raise value_fault(
            "patent_no_malformed",
            "不是中国专利申请号，应如 201710601862.3",
            "not a Chinese patent application number, such as 201710601862.3",
        )
    expected = check_digit(number[:-1])
    if match["check"] != expected:
        raise value_fault(
            "patent_no_check_failed",
            "专利号校验位为 {given}，应为 {expected}",
            "the check digit of the patent number is {given}, it should be {expected}",
            given=match["check"],
            expected=expected,
        )
    return number


def kind_of(number: str) -> PatentType:
    """Return the kind that the type digit of a normalised number names."""
    return _TYPES[number[2] if len(number) == _OLD_LENGTH else number[4]]


def display(number: str) -> str:
    """Return a normalised number as people write it, with the dot before the check digit."""
    return f"{number[:-1]}.{number[-1]}"
