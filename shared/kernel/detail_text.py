"""How the details of a refusal read in a sentence: amounts in yuan, rates in per cent, codes by their meaning."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from shared.dictionary import DICTIONARY
from shared.dictionary.meaning import Meaning
from shared.kernel.clock import SHANGHAI
from shared.kernel.errors import Detail
from shared.kernel.money import rate_text, wan_text, yuan_text, yuan_text_en

Language = Literal["zh", "en"]
_FEN_PER_WAN = 1_000_000
_FEN_OF_SHORT_WAN = 10_000  # 100 yuan: two decimals of ten thousand yuan
_FIELD = "field"


class DetailWords(dict[str, str]):
    """Details by name as texts; one that was not given keeps its braces."""

    def __missing__(self, name: str) -> str:
        """Return the name as the text writes it."""
        return "{" + name + "}"


def detail_words(details: Mapping[str, Detail | Meaning], language: Language) -> DetailWords:
    """Return every detail as it reads in a sentence of `language`."""
    return DetailWords({name: _word(name, value, language) for name, value in details.items()})


def amount_text(amount_fen: int, language: Language) -> str:
    """Return an amount for people: `150万元`, `1,234.50 元`, `CNY 1,500,000.00`; exact to the fen."""
    if language == "en":
        return yuan_text_en(amount_fen)
    short = abs(amount_fen) >= _FEN_PER_WAN and amount_fen % _FEN_OF_SHORT_WAN == 0
    return wan_text(amount_fen) if short else yuan_text(amount_fen)


def _word(name: str, value: Detail | Meaning, language: Language) -> str:
    if isinstance(value, Meaning):
        return str(getattr(value, language))
    if isinstance(value, StrEnum):
        meaning = DICTIONARY.of_value(type(value).__name__, str(value.value))
        return str(value.value) if meaning is None else getattr(meaning, language)
    if isinstance(value, date):
        return _when(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _number(name, value, language)
    if name == _FIELD and isinstance(value, str):
        meaning = DICTIONARY.of_field(value)
        return value if meaning is None else getattr(meaning, language)
    return str(value)


def _when(value: date | datetime) -> str:
    """Return a day, or an instant as a clock in Chongqing shows it."""
    return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if isinstance(value, datetime) else value.isoformat()


def _number(name: str, value: int, language: Language) -> str:
    if name.endswith("_fen"):
        return amount_text(value, language)
    return rate_text(value) if name.endswith("_ppm") else str(value)
