"""Amounts of money as registers and offices write them: `1000(万元)`, `50万元人民币`, `1亿元`, `10(万美元)`."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from shared.kernel.types import MAX_FEN
from shared.table.finding import FindingKind
from shared.table.kinds import (
    AMOUNT_BELOW_FEN,
    AMOUNT_FOREIGN,
    AMOUNT_TOO_LARGE,
    AMOUNT_WITHOUT_UNIT,
    CELL_IGNORED,
)

CNY = "CNY"
_FEN_PER_YUAN = 100
_LONGEST = 60
_MOST_DIGITS = 24
_YUAN = ("人民币", "RMB", "CNY", "¥", "￥", "元", "圆")
_FOREIGN = {
    "美元": "USD",
    "美金": "USD",
    "USD": "USD",
    "US$": "USD",
    "$": "USD",
    "港元": "HKD",
    "港币": "HKD",
    "香港元": "HKD",
    "HKD": "HKD",
    "HK$": "HKD",
    "欧元": "EUR",
    "EUR": "EUR",
    "€": "EUR",
    "日元": "JPY",
    "日圆": "JPY",
    "JPY": "JPY",
    "英镑": "GBP",
    "GBP": "GBP",
    "£": "GBP",
    "新加坡元": "SGD",
    "新元": "SGD",
    "SGD": "SGD",
    "韩元": "KRW",
    "韩圆": "KRW",
    "KRW": "KRW",
    "新台币": "TWD",
    "台币": "TWD",
    "TWD": "TWD",
    "澳门元": "MOP",
    "澳元": "AUD",
    "AUD": "AUD",
    "加拿大元": "CAD",
    "加元": "CAD",
    "CAD": "CAD",
    "瑞士法郎": "CHF",
    "瑞郎": "CHF",
    "CHF": "CHF",
    "德国马克": "DEM",
    "马克": "DEM",
    "卢布": "RUB",
    "澳大利亚元": "AUD",
}
_SCALES = {"": 1, "百": 100, "千": 1_000, "万": 10_000, "百万": 1_000_000, "千万": 10_000_000, "亿": 100_000_000}
_NUMBER = r"(?P<number>\d{1,3}(?:[,']\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
_CURRENCIES = "|".join(re.escape(word) for word in sorted((*_YUAN, *_FOREIGN), key=len, reverse=True))
_AMOUNT = re.compile(
    rf"(?P<before>(?:{_CURRENCIES})*){_NUMBER}(?P<scale>百万|千万|万|亿|千|百)?"
    rf"(?P<after>(?:{_CURRENCIES})*)(?P<whole>整|正)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Amount:
    """What a cell says: an amount in fen, or the reason why it is not known.

    Attributes:
        fen: the amount, None where it is unknown.
        currency: ISO 4217 code that the cell names; CNY where it names none.
        reason: kind of finding, None where the amount is known.
    """

    fen: int | None
    currency: str = CNY
    reason: FindingKind | None = None


@lru_cache(maxsize=4096)
def read_amount(text: str, scale: int | None = None) -> Amount:
    """Return the amount that a cell names; nothing is rounded and no exchange rate is guessed.

    Args:
        text: the cell.
        scale: fen per unit as the heading says, None where it does not; the cell's own unit wins.

    Source: K-TAB-03 (design: amounts become whole fen exactly or stay unknown with the reason).
    """
    found = _taken_apart(text)
    if found is None:
        return Amount(None, reason=CELL_IGNORED)
    named = [word.upper() for word in re.findall(_CURRENCIES, found["before"] + found["after"], re.IGNORECASE)]
    foreign = next((_FOREIGN[word] for word in named if word in _FOREIGN), None)
    if foreign is not None:
        return Amount(None, currency=foreign, reason=AMOUNT_FOREIGN)
    digits = found["number"].replace(",", "").replace("'", "")
    if not digits.strip("0."):
        return Amount(0)  # nothing is nothing in every unit
    unit = _fen_per_unit(found["scale"] or "", is_named=bool(named), scale=scale)
    return Amount(None, reason=AMOUNT_WITHOUT_UNIT) if unit is None else _in_fen(digits, unit)


def _taken_apart(text: str) -> re.Match[str] | None:
    """Return number, unit and currency of a cell; brackets and spaces say nothing."""
    if len(text) > _LONGEST:
        return None
    plain = "".join(mark for mark in unicodedata.normalize("NFKC", text) if mark.isprintable() and not mark.isspace())
    return _AMOUNT.fullmatch(plain.replace("(", "").replace(")", ""))


def _in_fen(digits: str, unit: int) -> Amount:
    if len(digits) > _MOST_DIGITS:
        return Amount(None, reason=AMOUNT_TOO_LARGE)
    fen = Decimal(digits) * unit
    if fen != fen.to_integral_value():
        return Amount(None, reason=AMOUNT_BELOW_FEN)
    return Amount(int(fen)) if fen <= MAX_FEN else Amount(None, reason=AMOUNT_TOO_LARGE)


def _fen_per_unit(word: str, *, is_named: bool, scale: int | None) -> int | None:
    """Return the fen per unit; a bare number has that of its heading, if that names one."""
    if word or is_named:
        return _SCALES[word] * _FEN_PER_YUAN
    return scale
