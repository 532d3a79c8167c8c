"""Reading a rule-set file exactly: no float, no word twice, no NaN."""

import json
from typing import Any, NoReturn

from shared.policy.problem import RuleSetInvalid


def _no_float(text: str) -> NoReturn:
    raise RuleSetInvalid(f"{text} is not a whole number; use fen, parts per million or thousandths")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise RuleSetInvalid(f"the word {name!r} stands twice in one object: only the last would count")
        found[name] = value
    return found


def read_exactly(content: bytes) -> dict[str, Any]:
    """Return the JSON object in `content`.

    Raises:
        RuleSetInvalid: not UTF-8 JSON, not an object, a float, or a repeated word.
    """
    try:
        found = json.loads(
            content.decode("utf-8"), parse_float=_no_float, parse_constant=_no_float, object_pairs_hook=_once
        )
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RuleSetInvalid(f"not readable as UTF-8 JSON: {error}") from None
    if not isinstance(found, dict):
        raise RuleSetInvalid("a rule set is one JSON object")
    return found
