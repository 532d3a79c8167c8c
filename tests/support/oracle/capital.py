"""Registered capital of a cell read a second time, with decimals, from how the registers write it.

A number with or without thousands marks, then 万 with or without 人民币 or 元; another currency has no amount in fen,
for no exchange rate is known; anything else is unknown.
"""

import re
from decimal import Decimal

CELL = re.compile(r"(?P<number>[0-9][0-9,]*(?:\.[0-9]+)?) ?\(?万(?P<currency>[^()]*)\)?")
RENMINBI = {"", "元", "人民币", "人民币元", "元人民币"}
FEN_PER_WAN = 10_000 * 100


def capital_of(cell: str) -> int | None:
    """Return the capital in fen, None where it is unknown or foreign."""
    found = CELL.fullmatch(cell.strip())
    if found is None or found["currency"] not in RENMINBI:
        return None
    fen = Decimal(found["number"].replace(",", "")) * FEN_PER_WAN
    assert fen == fen.to_integral_value(), f"{cell} is no whole amount"
    return int(fen)
