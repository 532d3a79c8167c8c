"""What an operator may see of an event that was given up on: codes and numbers as they are, all else masked."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from shared.kernel import uscc
from shared.kernel.personal import Personal

_CODE = re.compile(r"[A-Za-z0-9_.:/+-]+")
_LONG_NUMBER = re.compile(r"\d{7,}")
# What a database or a validator appends to its message are the very values that it refused.
_VALUES_FOLLOW = re.compile(r"\n|DETAIL:|\[SQL|\[parameters|input_value|Failing row")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


def shown_value(value: object) -> object:
    """Return a value of an event as an operator may see it: codes and numbers as they are, texts masked."""
    if isinstance(value, dict):
        return {name: shown_value(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shown_value(one) for one in value]
    if not isinstance(value, str) or _is_code(value):
        return value
    return Personal(value).masked


def shown_reason(reason: str) -> str:
    """Return why a letter waits, without the values that a database or a validator quotes."""
    said = _VALUES_FOLLOW.split(reason, maxsplit=1)[0].strip()
    return _LONG_NUMBER.sub("…", _NOT_ASCII.sub("…", said))


def _is_code(text: str) -> bool:
    """Tell whether a text names no person: an id, an instant, a code of a body, a word of ours."""
    if uscc.is_valid(text):
        return True
    for read in (UUID, datetime.fromisoformat):
        try:
            read(text)
        except ValueError:
            continue
        return True
    return _CODE.fullmatch(text) is not None and _LONG_NUMBER.search(text) is None


def shown_content(payload: bytes) -> dict[str, Any] | None:
    """Return a message as an operator may see it; None where it is no JSON object."""
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    return {name: shown_value(one) for name, one in document.items()} if isinstance(document, dict) else None
