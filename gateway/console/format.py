"""Numbers, money and days as people write them: no fen, no code, no UTC on a page."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from babel.numbers import format_decimal

from gateway.console.words import Words
from shared.kernel.clock import SHANGHAI
from shared.kernel.money import rate_text, wan_text, yuan_text, yuan_text_en

_WAN_FEN = 1_000_000
_FEN_PER_YUAN = 100
NOTHING = "—"
"""Shown where there is no value."""


def money(words: Words, amount_fen: int | None) -> str:
    """Return an amount in yuan."""
    if amount_fen is None:
        return NOTHING
    return yuan_text(amount_fen) if words.language == "zh" else yuan_text_en(amount_fen)


def round_money(words: Words, amount_fen: int | None) -> str:
    """Return an amount in ten thousand yuan where Chinese readers think in them, exactly; otherwise in yuan."""
    if amount_fen is None:
        return NOTHING
    if words.language == "zh" and abs(amount_fen) >= _WAN_FEN:
        return wan_text(amount_fen)
    return money(words, amount_fen)


def typed_yuan(amount_fen: int) -> str:
    """Return an amount as it is typed into a form, in yuan without a unit."""
    return f"{amount_fen // _FEN_PER_YUAN}.{amount_fen % _FEN_PER_YUAN:02d}"


def day(words: Words, value: str | date | None) -> str:
    """Return a day, as in 2026年11月29日 or 29 Nov 2026."""
    if not value:
        return NOTHING
    one = value if isinstance(value, date) else date.fromisoformat(value[:10])
    return f"{one.year}年{one.month}月{one.day}日" if words.language == "zh" else f"{one.day} {one:%b %Y}"


def instant(words: Words, value: str | datetime | None) -> str:
    """Return an instant as a clock in Chongqing shows it, to the minute."""
    if not value:
        return NOTHING
    one = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    local = (one if one.tzinfo is not None else one.replace(tzinfo=UTC)).astimezone(SHANGHAI)
    return f"{day(words, local.date())} {local:%H:%M}"


def number(words: Words, value: float | None) -> str:
    """Return a number with its thousands apart."""
    return NOTHING if value is None else format_decimal(value, locale="zh_CN" if words.language == "zh" else "en_GB")


def unit(words: Words, unit_id: str | None) -> str:
    """Return what a reporting unit is called; one that ended is called as it was."""
    return NOTHING if unit_id is None else words.unit(unit_id)


def rate(_words: Words, ppm: int | None) -> str:
    """Return parts per million in per cent."""
    return NOTHING if ppm is None else rate_text(ppm)


def yes(words: Words, value: object) -> str:
    """Return yes or no; nothing for a value that is not known."""
    if value is None:
        return NOTHING
    return words.gettext("Yes") if value else words.gettext("No")


FILTERS: dict[str, Callable[..., Any]] = {
    "money": money,
    "round_money": round_money,
    "day": day,
    "instant": instant,
    "number": number,
    "unit": unit,
    "rate": rate,
    "yes": yes,
}
"""Filters of the templates by name; the first argument is put in by the environment."""
