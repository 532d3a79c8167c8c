"""The scan hook: a program of the operator's looks at every uploaded file before it is kept."""

import asyncio
import shlex
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import IO, Any

import structlog

from shared.kernel.errors import Refusal, RefusalCode

FILE_INFECTED = RefusalCode(
    "file_infected",
    422,
    "病毒扫描未通过，文件未被保存",
    "The scanner found something harmful; the file was not kept",
    "请在本机查杀后重新上传，或联系平台管理员",
    "Clean the file and upload it again, or ask the platform's operator",
)
SCAN_UNAVAILABLE = RefusalCode(
    "scan_unavailable",
    503,
    "病毒扫描暂不可用，文件未被保存",
    "The scanner gave no verdict; the file was not kept",
    "请稍后以同一个键重试",
    "Wait, then try again with the same Idempotency-Key",
)
_CLEAN, _HARMFUL = 0, 1
_CHUNK = 1 << 20
_SECONDS = 10.0
_log = structlog.stdlib.get_logger(__name__)


def scanner(command: str, *, seconds: float = _SECONDS) -> Callable[[IO[bytes]], Coroutine[Any, Any, None]]:
    """Return a scan that gives each file to `command` on its standard input.

    Args:
        command: program and arguments, as in a shell but without one; exit code 0 is clean, 1 is harmful.
        seconds: how long it may take; an upload holds a transaction meanwhile.
    """
    words = shlex.split(command)

    async def scan(file: IO[bytes]) -> None:
        try:
            async with asyncio.timeout(seconds):
                code = await _verdict(words, file)
        except (OSError, TimeoutError) as fault:
            _log.exception("scan_failed", program=words[0])
            raise Refusal(SCAN_UNAVAILABLE) from fault
        if code == _HARMFUL:
            raise Refusal(FILE_INFECTED)
        if code != _CLEAN:
            _log.error("scan_failed", program=words[0], code=code)
            raise Refusal(SCAN_UNAVAILABLE)

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
