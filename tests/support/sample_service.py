"""A small service that shows what the edge does for every service: one noun, a public page, a crash, a slow write."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response, UploadFile
from pydantic import Field
from pydantic_settings import SettingsConfigDict
from sqlalchemy import DateTime, Text, Uuid, column, select, table, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.db.base import service_base
from shared.db.engine import driver_url
from shared.db.keyset import ascending
from shared.kernel.clock import FixedClock
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.ids import new_id
from shared.kernel.refusals import NOT_FOUND
from shared.kernel.shape import Shape
from shared.settings import ServiceSettings
from shared.web.answer import paged
from shared.web.conditional import IfMatch, etag
from shared.web.edge import Files, Tx, edge, edge_router, refusals
from shared.web.export import Column, Format, export
from shared.web.paging import Paging
from shared.web.service import ServiceSpec, build_service
from tests.support.postgres import DatabaseServer
from tests.support.service import START, RunningService, attach, settings_for_test

READ, WRITE = "sample.note:read", "sample.note:write"
NOTE_TOO_LONG = RefusalCode("note_too_long", 409, "便笺超过 {limit} 字", "Over {limit}", "请缩短", "Shorten it")
NOTE_HIDDEN = RefusalCode("note_hidden", 403, "便笺未授权", "The note is not open", "请申请授权", "Ask for consent")
Words = Annotated[str, Field(min_length=1, max_length=40)]
Amount = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
router: APIRouter = edge_router(tags=["note"])
_COLUMNS = {"id": Uuid(), "owner": Text(), "words": Text(), "created_at": DateTime(timezone=True)}
_TABLE = """
CREATE TABLE note (id uuid PRIMARY KEY, owner text NOT NULL, words text NOT NULL, amount bigint NOT NULL,
                   version int NOT NULL DEFAULT 1, created_at timestamptz NOT NULL DEFAULT now(), UNIQUE (owner, words))
"""
_NOTES = table("note", *(column(name, kind) for name, kind in _COLUMNS.items()))
_OLDEST = ascending(_NOTES.c.created_at, _NOTES.c.id)


class SampleSettings(ServiceSettings):
    """Settings of the sample."""

    model_config = SettingsConfigDict(env_prefix="SAMPLE_")


class NoteDraft(Shape):
    """What a client says of a note."""

    words: Words
    amount: Amount


class NoteRead(NoteDraft):
    """What the service says of a note; `status` is its own."""

    id: UUID
    status: str


@router.post("/notes", status_code=201, responses=refusals(NOTE_TOO_LONG))
@edge(scope=WRITE, row="enterprise", summary_zh="写便笺")
async def write_note(body: NoteDraft, tx: Tx, response: Response) -> NoteRead:
    """Write a note."""
    note_id = new_id()
    await tx.session.execute(
        text("INSERT INTO note (id, owner, words, amount) VALUES (:id, :owner, :words, :amount)"),
        {"id": note_id, "owner": tx.actor.client_id, "words": body.words, "amount": body.amount},
    )
    if body.words.startswith("slow"):
        await asyncio.sleep(0.5)
    if body.words.startswith("long"):
        raise Refusal(NOTE_TOO_LONG, pointer="/words", limit=4)
    if body.words.startswith("crash"):
        raise RuntimeError("postgresql://user:hidden@host")
    response.headers["location"] = f"/v1/notes/{note_id}"
    return NoteRead(id=note_id, status="WRITTEN", words=body.words, amount=body.amount)


@router.post("/notes:weigh")
@edge(scope=READ, row="any", summary_zh="称量", idempotent=False)
async def weigh_note(body: NoteDraft) -> dict[str, int]:
    """Weigh a note: pure computation, no key needed."""
    return {"weight": len(body.words) + body.amount}


@router.get("/notes")
@edge(scope=READ, row="enterprise", summary_zh="便笺列表")
async def list_notes(tx: Tx, paging: Paging, q: Annotated[str, Query(max_length=20)] = "") -> Response:
    """List the client's own notes."""
    statement = select(_NOTES).where(_NOTES.c.owner == tx.actor.client_id, _NOTES.c.words.contains(q))
    found = await _OLDEST.page(tx, statement, paging.wanted())
    return paged(paging, found, lambda row: {"id": row.id, "words": row.words, "created_at": row.created_at})


@router.get("/notes/{note_id}")
@edge(scope=READ, row="enterprise", summary_zh="便笺", audited=True)
async def read_note(note_id: UUID, tx: Tx, response: Response) -> NoteRead:
    """Read one note; another client's is absent."""
    found = await tx.session.execute(text("SELECT * FROM note WHERE id = :id"), {"id": note_id})
    row = found.mappings().one_or_none()
    if row is None or row["owner"] != tx.actor.client_id:
        raise Refusal(NOT_FOUND, noun="note")
    if row["words"] == "hidden":
        raise Refusal(NOTE_HIDDEN, uscc="91500000000000000X")
    tx.audit("note.read", subject=f"note/{note_id}", fields=["words"])
    response.headers["etag"] = etag(row["version"])
    return NoteRead(id=note_id, status="WRITTEN", words=row["words"], amount=row["amount"])


@router.patch("/notes/{note_id}")
@edge(scope=WRITE, row="enterprise", summary_zh="改便笺")
async def change_note(note_id: UUID, body: NoteDraft, seen: IfMatch, tx: Tx) -> dict[str, int]:
    """Change a note in the version that was read."""
    found = await tx.session.execute(text("SELECT version FROM note WHERE id = :id FOR UPDATE"), {"id": note_id})
    version: int | None = found.scalar_one_or_none()
    if version is None:
        raise Refusal(NOT_FOUND, noun="note")
    seen.check(version)
    await tx.session.execute(
        text("UPDATE note SET words = :words, version = version + 1 WHERE id = :id"),
        {"id": note_id, "words": body.words},
    )
    return {"version": version + 1}


@router.get("/notes-export")
@edge(scope=READ, row="any", summary_zh="导出便笺")
async def export_notes(tx: Tx, format: Format = "csv") -> Response:  # noqa: A002  # named as the query parameter is
    """Export all notes."""
    found = await tx.session.execute(text("SELECT words, amount FROM note ORDER BY created_at, id"))
    columns = [Column("words", "文字", "Words"), Column("amount", "数量", "Amount")]
    return await export([dict(row) for row in found.mappings()], columns, format=format, filename="便笺")


@router.post("/note-files", status_code=202)
@edge(scope=WRITE, row="any", summary_zh="上传")
async def upload(file: UploadFile, files: Files, tx: Tx) -> dict[str, str]:
    """Keep a file."""
    kept = await files.put(file, limit=200_000)
    tx.audit("note_file.put", subject=f"file/{kept.sha256}")
    return {"sha256": kept.sha256, "media_type": kept.media_type}


@router.get("/open")
@edge(scope="public", row="any", summary_zh="公开页")
async def read_open(tx: Tx) -> dict[str, str]:
    """Read what everybody may read."""
    return {"client_id": tx.actor.client_id}


@contextlib.asynccontextmanager
async def running_sample(postgres: DatabaseServer, **settings: object) -> AsyncIterator[RunningService]:
    """Run the sample on a fresh database."""
    name = f"sample_{new_id().hex[-12:]}"
    await postgres._admin(f'CREATE DATABASE "{name}"')
    url = postgres.server.url(name)
    metadata = service_base("sample").metadata
    engine = create_async_engine(driver_url(url))
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.execute(text(_TABLE))
    await engine.dispose()
    clock = FixedClock(START)
    app = build_service(
        ServiceSpec(
            name="sample",
            title="示例 Sample",
            settings=settings_for_test(
                SampleSettings, url, max_body_bytes=100_000, max_upload_bytes=300_000, **settings
            ),
            metadata=metadata,
            routers=[router],
            refusals=[NOTE_TOO_LONG, NOTE_HIDDEN],
        )
    )
    attach(app, clock)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(postgres.drop, url)
        await stack.enter_async_context(app.router.lifespan_context(app))
        yield RunningService(name="sample", app=app, clock=clock, database_url=url, _stack=stack)
