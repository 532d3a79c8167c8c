"""The one reader of JSON bodies: strict, because a lenient one lets two readers see two different requests."""

import json
import re
from typing import Any, NoReturn

from shared.kernel.errors import Refusal
from shared.kernel.refusals import BODY_UNREADABLE

MAX_DEPTH = 64
MAX_INTEGER_DIGITS = 30
MAX_VALUES = 10_000
"""More than any request has; each may become a fault that is described, which takes the time of all other callers."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_MARK = re.compile(r'["\\\[\]{}]')  # one mark at a time: linear whatever is sent


def _refuse(reason_zh: str, reason_en: str) -> NoReturn:
    raise Refusal(BODY_UNREADABLE, reason_zh=reason_zh, reason_en=reason_en)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        _refuse("键重复", "duplicate keys")
    for name in members:
        check_text(name)
    return members


def check_text(text: str) -> None:
    """Refuse text with a NUL character or a lone surrogate: neither can be stored."""
    if "\x00" in text:
        _refuse("含有 NUL 字符", "it holds a NUL character")
    if _SURROGATE.search(text):
        _refuse("含有不成对的代理字符", "it holds a lone surrogate")


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    in_string = False
    escaped_until = 0
    for mark in _MARK.finditer(text):
        char, place = mark.group(), mark.start()
        if place < escaped_until:
            continue
        if char == "\\":
            escaped_until = place + 2
        elif char == '"':
            in_string = not in_string
        elif not in_string:
            depth += 1 if char in "[{" else -1
            if depth > MAX_DEPTH:
                _refuse(f"嵌套超过 {MAX_DEPTH} 层", f"nested deeper than {MAX_DEPTH}")


def _constant(name: str) -> NoReturn:
    _refuse(f"不允许 {name}", f"{name} is not allowed")


def _integer(digits: str) -> int:
    if len(digits) > MAX_INTEGER_DIGITS:
        _refuse("数字过长", "a number is too long")
    return int(digits)


def _fraction(digits: str) -> float:
    if len(digits) > MAX_INTEGER_DIGITS:
        _refuse("数字过长", "a number is too long")
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        _refuse("数字过大", "a number is too large")
    return value


def _check_values(value: Any) -> int:  # noqa: ANN401  # any JSON value
    """Refuse text that cannot be stored; return how many values there are."""
    if isinstance(value, str):
        check_text(value)
        return 1
    if not isinstance(value, (dict, list)):
        return 1
    count = 1
    for member in value.values() if isinstance(value, dict) else value:
        count += _check_values(member)
        if count > MAX_VALUES:
            _refuse(f"超过 {MAX_VALUES} 个值", f"more than {MAX_VALUES} values")
    return count


def read_json(body: bytes) -> Any:  # noqa: ANN401  # any JSON value
    """Return the value of a JSON body.

    Raises:
        Refusal: `body_unreadable` for anything but UTF-8 without a byte-order mark, duplicate keys, NaN and infinities,
            numbers of more than 30 characters or beyond a double, NUL characters, lone surrogates, nesting deeper
            than 64, more than 10,000 values, and text after the value.
    """
    if body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")) or b"\x00" in body:
        _refuse("编码应为不带 BOM 的 UTF-8", "the encoding must be UTF-8 without a byte-order mark")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        _refuse("编码应为 UTF-8", "the encoding must be UTF-8")
    _check_depth(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_fraction,
        )
    except json.JSONDecodeError as fault:
        _refuse(f"第 {fault.lineno} 行第 {fault.colno} 列", f"line {fault.lineno}, column {fault.colno}")
    _check_values(value)
    return value
