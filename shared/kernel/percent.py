"""The one reader of a rate that a person types in per cent."""

import re
import unicodedata

_PERCENT = re.compile(r"(?P<whole>\d{1,3})(?:\.(?P<part>\d{1,4}))?\s?%?")
_PPM_PER_PERCENT = 10_000
_DECIMALS = 4


def read_percent(text: str) -> int | None:
    """Return a rate in parts per million, or None where `text` holds none that is certain.

    Read are 3, 3.1, 3.45 and 3.45%, also in full width; up to four decimals, so that nothing is rounded. A minus, a
    comma, an exponent and ‰ are not read.

    Source: K-RATE-01 (docs/rules/kernel.md).
    """
    match = _PERCENT.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if match is None or not match["whole"].isascii() or not (match["part"] or "").isascii():
        return None
    return int(match["whole"]) * _PPM_PER_PERCENT + int((match["part"] or "").ljust(_DECIMALS, "0"))
