"""Documents kept by the SHA-256 of their bytes: the same bytes are one document, a document never changes."""

import asyncio
import hashlib
import re
import tempfile
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

import obstore
from obstore.store import LocalStore, MemoryStore, ObjectStore, S3Store

from shared.files.media_type import judge, type_refused
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.refusals import BODY_TOO_LARGE, NOT_FOUND

_CHUNK = 1 << 20
_SPOOL_BYTES = 4 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")

FILE_EMPTY = RefusalCode(
    "file_empty",
    422,
    "文件是空的",
    "The file is empty",
    "请核对后上传有内容的文件。",
    "Upload a file that holds something.",
)
FILE_HASH_MISMATCH = RefusalCode(
    "file_hash_mismatch",
    422,
    "文件的 SHA-256 是 {found}，与所声明的不符",
    "The SHA-256 of the file is {found}, not the one declared",
    "文件可能在传送中损坏或选错，请核对后重新上传。",
    "It was damaged on the way or is another file; check it and upload it again.",
)


class _Readable(Protocol):
    async def read(self, size: int = -1, /) -> bytes:
        """Read at most `size` bytes."""
        ...


Source = bytes | AsyncIterable[bytes] | _Readable


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A document that is kept.

    Attributes:
        sha256: digest of its bytes, lower-case hexadecimal; its address.
        size: bytes.
        media_type: type that its bytes show; what its sender declared decides nothing.
    """

    sha256: str
    size: int
    media_type: str


class FileStore:
    """Documents in a folder, in memory or in an S3 bucket.

    Args:
        url: `file:///folder`, `memory:///` or `s3://bucket/prefix` (credentials from the AWS_ environment).
    """

    def __init__(self, url: str) -> None:
        """Open the store; a folder is made if it is not there."""
        self._store = _open_store(url)

    async def put(
        self,
        source: Source,
        *,
        limit: int,
        taken: frozenset[str] | None = None,
        sha256: str | None = None,
        apart: UUID | None = None,
    ) -> StoredFile:
        """Keep a document; bytes that are kept already are not written again.

        Args:
            source: the bytes, or something that gives them piece by piece.
            limit: largest size in bytes.
            taken: media types that are kept, fewer than the store would take; an empty file is then refused too.
            sha256: digest that the sender names.
            apart: keep it in quarantine under this id, until `release` or `remove_apart`.

        Raises:
            Refusal: `body_too_large`, `file_empty`, `file_type_refused`, `file_hash_mismatch`; nothing is kept then.
        """
        with tempfile.SpooledTemporaryFile(_SPOOL_BYTES) as spool:
            digest = hashlib.sha256()
            size = 0
            async for chunk in _chunks(source):
                size += len(chunk)
                if size > limit:
                    raise Refusal(BODY_TOO_LARGE, limit_bytes=limit)
                digest.update(chunk)
                spool.write(chunk)
            spool.seek(0)
            media_type = await asyncio.to_thread(judge, spool)
            found = digest.hexdigest()
            _check(media_type, size, found, taken=taken, claimed=sha256)
            if apart is not None:
                await obstore.put_async(self._store, _key_apart(apart), spool)
            elif not await self._has(found):
                await obstore.put_async(self._store, _key(found), spool)
        return StoredFile(found, size, media_type)

    async def open(self, sha256: str) -> AsyncIterator[bytes]:
        """Give the bytes of a document piece by piece.

        Raises:
            Refusal: `not_found`.
        """
        if _SHA256.fullmatch(sha256) is None:
            raise Refusal(NOT_FOUND, noun="file")
        async for chunk in self._pieces(_key(sha256)):
            yield chunk

    def open_apart(self, quarantined: UUID) -> AsyncIterator[bytes]:
        """Give the bytes of a document in quarantine piece by piece.

        Raises:
            Refusal: `not_found`.
        """
        return self._pieces(_key_apart(quarantined))

    async def release(self, quarantined: UUID, sha256: str) -> None:
        """Keep a document in quarantine under its digest too; a second call changes nothing.

        Raises:
            Refusal: `not_found`.
        """
        try:
            await obstore.copy_async(self._store, _key_apart(quarantined), _key(sha256))
        except FileNotFoundError:
            raise Refusal(NOT_FOUND, noun="file") from None

    async def remove_apart(self, quarantined: UUID) -> None:
        """Remove the bytes of a document in quarantine; nothing happens if they are gone."""
        with suppress(FileNotFoundError):
            await obstore.delete_async(self._store, _key_apart(quarantined))

    async def remove(self, sha256: str) -> None:
        """Remove the bytes of a document that nobody may read; nothing happens if they are gone."""
        with suppress(FileNotFoundError):
            await obstore.delete_async(self._store, _key(sha256))

    async def read(self, sha256: str) -> bytes:
        """Return a whole document; for those whose size is known to be small."""
        return b"".join([chunk async for chunk in self.open(sha256)])

    async def save(self, sha256: str, path: Path) -> None:
        """Write a document to `path`, for readers that need a file."""
        with path.open("wb") as target:
            async for chunk in self.open(sha256):
                target.write(chunk)

    async def _pieces(self, key: str) -> AsyncIterator[bytes]:
        try:
            found = await obstore.get_async(self._store, key)
        except FileNotFoundError:
            raise Refusal(NOT_FOUND, noun="file") from None
        async for chunk in found.stream(min_chunk_size=_CHUNK):
            yield bytes(chunk)

    async def _has(self, sha256: str) -> bool:
        try:
            await obstore.head_async(self._store, _key(sha256))
        except FileNotFoundError:
            return False
        return True


def _check(media_type: str, size: int, found: str, *, taken: frozenset[str] | None, claimed: str | None) -> None:
    """Refuse what the sender may not have meant, before it is kept."""
    if taken is not None and size == 0:
        raise Refusal(FILE_EMPTY)
    if taken is not None and media_type not in taken:
        raise type_refused(media_type)
    if claimed is not None and claimed != found:
        raise Refusal(FILE_HASH_MISMATCH, pointer="/sha256", found=found)


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


def _key_apart(quarantined: UUID) -> str:
    return f"quarantine/{quarantined}"


def _open_store(url: str) -> ObjectStore:
    parts = urlsplit(url)
    if parts.scheme == "memory":
        return MemoryStore()
    if parts.scheme == "file":
        folder = Path(unquote(parts.path))
        return LocalStore(folder, automatic_cleanup=False, mkdir=True)
    if parts.scheme == "s3":
        return S3Store(parts.netloc, prefix=parts.path.strip("/") or None)
    raise ValueError("files_url begins with file://, memory:// or s3://")


async def _chunks(source: Source) -> AsyncIterator[bytes]:
    if isinstance(source, bytes):
        yield source
    elif isinstance(source, AsyncIterable):
        async for chunk in source:
            yield chunk
    else:
        while chunk := await source.read(_CHUNK):
            yield chunk
