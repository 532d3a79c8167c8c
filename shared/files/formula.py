"""Keeps a spreadsheet from running what a cell says."""

import re

_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*%?")


def escape_formula(value: str) -> str:
    """Return `value` so that a spreadsheet shows it and never runs it.

    A cell that begins like a formula (full-width signs too) gets an apostrophe in front; a plain number such as
    `-5.00` stays a number.
    """
    if value.lstrip(" ").startswith(_ACTIVE) and _NUMBER.fullmatch(value.strip()) is None:
        return f"'{value}"
    return value
