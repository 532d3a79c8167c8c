"""The scan hook: a program of the operator judges what was uploaded, outside of any transaction, within a time."""

import asyncio
import shlex
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import IO

import structlog

from shared.db.document import ScanVerdict
from shared.kernel.errors import Refusal, RefusalCode

FILE_INFECTED = RefusalCode(
    "file_infected",
    422,
    "病毒扫描未通过，文件内容已删除，不得作为证明材料",
    "The scanner found something harmful; its bytes were removed and it is no evidence",
    "请在本机查杀后重新上传，或联系平台管理员。",
    "Clean the file and upload it again, or ask the platform's operator.",
)
SCAN_UNAVAILABLE = RefusalCode(
    "scan_unavailable",
    503,
    "病毒扫描暂不可用，文件未被读取",
    "The scanner gave no verdict; the file was not read",
    "请稍后重新上传。",
    "Wait, then upload it again.",
)
Scan = Callable[[AsyncIterator[bytes]], Awaitable[ScanVerdict]]
"""Judges the bytes of one file: CLEAN or INFECTED; raises a `Refusal` `scan_unavailable` where there is no verdict."""
_CLEAN, _HARMFUL = 0, 1
_CHUNK = 1 << 20
_SPOOL_BYTES = 4 << 20
_log = structlog.stdlib.get_logger(__name__)


def scanner(command: str, *, seconds: float) -> Scan:
    """Return a scan that gives each file to `command` on its standard input.

    Args:
        command: program and arguments, as in a shell but without one; exit code 0 is clean, 1 is harmful.
        seconds: how long one file may take, from its first byte out of the store to the verdict.
    """
    words = shlex.split(command)

    async def scan(pieces: AsyncIterator[bytes]) -> ScanVerdict:
        try:
            async with asyncio.timeout(seconds):
                with tempfile.SpooledTemporaryFile(_SPOOL_BYTES) as file:
                    async for piece in pieces:
                        file.write(piece)
                    file.seek(0)
                    code = await _verdict(words, file)
        except (OSError, TimeoutError) as fault:
            _log.exception("scan_failed", program=words[0])
            raise Refusal(SCAN_UNAVAILABLE) from fault
        if code not in {_CLEAN, _HARMFUL}:
            _log.error("scan_failed", program=words[0], code=code)
            raise Refusal(SCAN_UNAVAILABLE)
        return ScanVerdict.INFECTED if code == _HARMFUL else ScanVerdict.CLEAN

    return scan


async def _verdict(words: list[str], file: IO[bytes]) -> int:
    """Return the exit code of the program that read `file`; one that is waited for no longer is ended."""
    process = await asyncio.create_subprocess_exec(
        *words, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdin is not None  # noqa: S101  # asked for above
    try:
        # A scanner may judge by the first bytes and close its ear.
        with suppress(BrokenPipeError, ConnectionResetError):
            while chunk := file.read(_CHUNK):
                process.stdin.write(chunk)
                await process.stdin.drain()
        process.stdin.close()
        return await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
