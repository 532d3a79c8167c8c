"""Documents by SHA-256: the bytes decide what they are and where they lie."""

import hashlib
import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import get_args

import puremagic
import pytest

from shared.files.media_type import FILE_TYPE_REFUSED, PDF, PLAIN, XLSX, judge, sniff, type_refused
from shared.files.store import FileStore
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.web.language import Language
from shared.web.problem import texts
from tests.architecture.test_texts import faults


async def pieces() -> AsyncIterator[bytes]:
    yield b"%PDF-1.7 "
    yield b"second piece"


@pytest.mark.parametrize("where", ["memory:///", "file://{folder}/a folder/with spaces"])
async def test_a_document_is_read_back_under_the_digest_of_its_bytes(where: str, tmp_path: Path) -> None:
    store = FileStore(where.format(folder=tmp_path))
    kept = await store.put(pieces(), limit=100)
    assert kept.sha256 == hashlib.sha256(b"%PDF-1.7 second piece").hexdigest()
    assert (kept.size, kept.media_type) == (21, PDF)
    assert await store.read(kept.sha256) == b"%PDF-1.7 second piece"
    await store.save(kept.sha256, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"%PDF-1.7 second piece"
    assert await store.put(b"%PDF-1.7 second piece", limit=100) == kept


async def test_an_empty_document_is_kept(tmp_path: Path) -> None:
    store = FileStore(f"file://{tmp_path}")
    kept = await store.put(b"", limit=1)
    assert await store.read(kept.sha256) == b""


@pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "", "A" * 64])
async def test_an_unknown_or_malformed_digest_is_not_found(name: str) -> None:
    with pytest.raises(Refusal) as refusal:
        await FileStore("memory:///").read(name)
    assert refusal.value.code.code == "not_found"


async def test_a_document_above_the_limit_is_refused_while_it_comes_in() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1_000

    with pytest.raises(Refusal) as refusal:
        await FileStore("memory:///").put(endless(), limit=10_000)
    assert refusal.value.code.code == "body_too_large"


async def test_a_document_in_quarantine_is_found_by_its_digest_only_once_it_is_released() -> None:
    store, one = FileStore("memory:///"), new_id()
    digest = (await store.put(b"clean", limit=100, apart=one)).sha256
    with pytest.raises(Refusal) as refusal:
        await store.read(digest)
    assert refusal.value.code.code == "not_found"
    assert b"".join([piece async for piece in store.open_apart(one)]) == b"clean"
    for _ in range(2):
        await store.release(one, digest)
    for _ in range(2):
        await store.remove_apart(one)
    assert await store.read(digest) == b"clean"
    with pytest.raises(Refusal):
        await store.release(one, digest)
    for _ in range(2):
        await store.remove(digest)
    with pytest.raises(Refusal):
        await store.read(digest)


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"%PDF-1.4", PDF),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "image/png"),
        (b"PK\x03\x04\x14\x00[Content_Types].xml", XLSX),
        (b"PK\x03\x04\x14\x00other", "application/zip"),
        ("名称,代码\n".encode("gb18030"), PLAIN),
        ("名称".encode("utf-16"), PLAIN),
        (("重" * 2_731).encode()[:8_192], PLAIN),
    ],
)
def test_the_bytes_show_the_type(head: bytes, found: str) -> None:
    assert sniff(io.BytesIO(head)) == found


@pytest.mark.parametrize("head", [b"MZ\x90", b"\x7fELF\x02", b"#!/bin/sh\n", b"\x1f\x8b\x08\x00"])
def test_programs_and_unknown_archives_are_refused(head: bytes) -> None:
    with pytest.raises(Refusal) as refusal:
        judge(io.BytesIO(head))
    assert refusal.value.code.code == "file_type_refused"


def test_people_read_what_kind_of_file_it_is_and_engineers_its_media_type() -> None:
    types = {one.mime_type for one in (*puremagic.magic_header_array, *puremagic.magic_footer_array) if one.mime_type}
    assert len(types) > 100
    for media_type in types:
        for language in get_args(Language):
            refusal = type_refused(media_type)
            title, way_out, hint = texts(refusal.code, refusal.details, language)
            assert (media_type in title + way_out, media_type in hint, faults(title)) == (False, True, []), media_type
    with pytest.raises(Refusal) as program:
        judge(io.BytesIO(b"\x7fELF\x02"))
    assert texts(FILE_TYPE_REFUSED, program.value.details, "zh")[0] == "不接受此类文件：程序"


@pytest.mark.parametrize("text", ["名称,代码\n甲,1\n", "MZ编号,名称\n1,甲\n", "#编号,名称\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16", "utf-16-le"])
def test_a_text_is_a_text_in_every_encoding_and_whatever_letters_it_begins_with(text: str, encoding: str) -> None:
    assert judge(io.BytesIO(text.encode(encoding))) == PLAIN


def test_a_text_with_a_destroyed_cell_is_still_a_text() -> None:
    assert judge(io.BytesIO("名称,代码\n".encode() * 20 + b"\xe9\x87\xff\xff\x00,1\n")) == PLAIN


def test_a_workbook_is_known_wherever_its_parts_stand_in_the_archive() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("docProps/app.xml", "x" * 20_000)
        archive.writestr("xl/workbook.xml", "<workbook/>")
    assert judge(target) == XLSX


def test_an_unknown_kind_of_store_is_a_mistake_at_the_start() -> None:
    with pytest.raises(ValueError, match="files_url"):
        FileStore("ftp://example")
