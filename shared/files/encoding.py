"""Which encoding a text file is in: offices send UTF-8, UTF-16 and GB18030 under the same name."""

import codecs
from collections.abc import Iterator
from typing import IO

_CHUNK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FIRST_OF_THREE_BYTES = "\u0800"
_NUL_SHARE = 8
"""Plain signs of UTF-16 have a NUL for every second byte; a file with more than one NUL in eight bytes is no UTF-8."""


def text_encoding(raw: IO[bytes]) -> str:
    """Return the encoding of a text file, judged strictly over the whole of it.

    A mark at the beginning decides. What is valid UTF-8 to its last byte is UTF-8. A UTF-8 file with a few destroyed
    cells stays UTF-8: read as GB18030 it would give wrong characters that look right. What is valid GB18030 is that;
    else the one that leaves less damage.
    """
    head = raw.read(_CHUNK)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if head.count(0) * _NUL_SHARE > len(head):
        # The NUL of a plain sign stands behind it in little-endian order, before it in big-endian.
        return "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"
    raw.seek(0)
    damaged, whole = _damage(raw, "utf-8")
    if not damaged or whole > damaged:
        return "utf-8"
    raw.seek(0)
    other, _ = _damage(raw, "gb18030")
    return "utf-8" if damaged < other else "gb18030"


def lines_of(raw: IO[bytes], encoding: str) -> int:
    """Return how many lines a text file has, counted without reading its cells; the last may lack its end."""
    count, last = 0, ""
    for text in _decoded(raw, encoding):
        joined = 1 if last == "\r" and text.startswith("\n") else 0
        count += text.count("\n") + text.count("\r") - text.count("\r\n") - joined
        last = text[-1]
    return count + (last not in {"", "\n", "\r"})


def _decoded(raw: IO[bytes], encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    while chunk := raw.read(_CHUNK):
        if text := decoder.decode(chunk):
            yield text
    if text := decoder.decode(b"", final=True):
        yield text


def _damage(raw: IO[bytes], encoding: str) -> tuple[int, int]:
    """Return (characters that cannot be decoded, characters of three bytes that can)."""
    damaged = whole = 0
    for text in _decoded(raw, encoding):
        if text.isascii():
            continue
        # Private-use characters are what GB18030 makes of bytes that are not its own.
        bad = text.count("\ufffd") + sum("\ue000" <= char <= "\uf8ff" for char in text)
        damaged += bad
        whole += sum(char >= _FIRST_OF_THREE_BYTES for char in text) - bad
    return damaged, whole
