"""Keeps a spreadsheet from running what a cell says, and takes that guard off again where the cell comes back."""

import re

_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*%?")


_GUARDED = re.compile(r"'+ *[=+\-@\t\r＝＋－＠].*", re.DOTALL)


def escape_formula(value: str) -> str:
    """Return `value` so that a spreadsheet shows it and never runs it.

    A cell that begins like a formula (full-width signs too) gets an apostrophe in front; a plain number such as
    `-5.00` stays a number. A cell that looks guarded already gets one more, so that it comes back as it was.
    """
    if value.startswith("'"):
        return f"'{value}" if _GUARDED.fullmatch(value) else value
    if value.lstrip(" ").startswith(_ACTIVE) and _NUMBER.fullmatch(value.strip()) is None:
        return f"'{value}"
    return value


def unescape_formula(value: str) -> str:
    """Return a cell without the apostrophe that `escape_formula` put in front of it."""
    return value[1:] if value.startswith("'") and _GUARDED.fullmatch(value) else value
