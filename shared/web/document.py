"""Documents over HTTP: upload, what is known of one, its bytes; and how evidence tells whether we hold its document."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import PureWindowsPath
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from shared.bus.document_scan import NAME as SCAN_JOB
from shared.db.document import (
    OPEN_TO_OTHERS,
    Cited,
    Document,
    HeldDocument,
    ScanVerdict,
    add_document,
    brought_by,
    cited,
    find_document,
    held_documents,
    held_in,
)
from shared.db.transaction import Transaction
from shared.files.media_type import EVIDENCE, FILE_TYPE_REFUSED, UNKNOWN
from shared.files.scan import FILE_INFECTED
from shared.files.store import FILE_EMPTY, FILE_HASH_MISMATCH, FileStore, StoredFile
from shared.kernel.errors import Refusal
from shared.kernel.evidence import EvidenceLevel
from shared.kernel.ids import new_id
from shared.kernel.refusals import BODY_TOO_LARGE, NOT_FOUND
from shared.kernel.text import without_invisible
from shared.kernel.types import Sha256
from shared.web.answer import answered
from shared.web.edge import Files, Tx, edge, edge_router, refusals
from shared.web.export import attachment

_NAME_LENGTH = 200
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            media_type: {"schema": {"type": "string", "format": "binary"}, "example": "%PDF-1.7"}
            # The general type stands for all in programs that know none of the others.
            for media_type in (UNKNOWN, *sorted(EVIDENCE))
        }
    }
}
_HELD_ALREADY: dict[int | str, dict[str, Any]] = {
    200: {"description": "这些字节已由本客户端上传过 / the same bytes are held already, brought by this client"}
}
_NOBODYS = Document(
    id=UUID(int=0),
    sha256="",
    media_type="",
    size_bytes=0,
    file_name="",
    scan=ScanVerdict.NOT_SCANNED.value,
    client_id="",
    role="",
    party=None,
    unit_id=None,
    created_at=datetime.min.replace(tzinfo=UTC),
)
"""Stands in for a document that never was: no client, no evidence and no body has it."""
InSight = Callable[[Transaction, Document], Awaitable[bool]]
"""Tells whether a case that the caller may see names a document."""


class DocumentStatus(StrEnum):
    """Whether the document that evidence names is here to be looked at."""

    HELD = "HELD"
    BEING_SCANNED = "BEING_SCANNED"
    INFECTED = "INFECTED"
    NOT_HELD = "NOT_HELD"


_STANDING = {
    ScanVerdict.NOT_SCANNED: DocumentStatus.HELD,
    ScanVerdict.CLEAN: DocumentStatus.HELD,
    ScanVerdict.PENDING: DocumentStatus.BEING_SCANNED,
    ScanVerdict.INFECTED: DocumentStatus.INFECTED,
}


class DocumentStanding(BaseModel):
    """Whether we hold the document that evidence names, and where it is read; null until others may read it."""

    status: DocumentStatus
    address: str | None


class EvidenceShown(BaseModel):
    """Evidence as it is told: what was entered, and whether its document is here; null where it names none."""

    model_config = ConfigDict(extra="allow")

    level: EvidenceLevel
    issued_on: date
    official_no: str | None = None
    document_sha256: str | None = None
    document: DocumentStanding | None = None


class DocumentRead(BaseModel):
    """What is known of a document; `sha256` is computed here."""

    id: UUID
    sha256: str
    media_type: str
    size_bytes: int
    file_name: str
    scan: ScanVerdict
    content: str
    uploaded_by: str
    role: str
    party: str | None
    unit_id: str | None
    created_at: datetime


class Evidences:
    """The evidence of one answer: which of its documents are held is asked once for all."""

    def __init__(self, service: str, held: dict[Cited, HeldDocument]) -> None:
        """Remember what is held."""
        self._service = service
        self._held = held

    @classmethod
    async def of(cls, tx: Transaction, service: str, rows: Iterable[tuple[Any, str]]) -> "Evidences":
        """Look up the documents of evidence; each with the client that entered its row.

        Args:
            tx: the transaction.
            service: whose documents, `registry`.
            rows: stored evidence, or None, and the client.
        """
        return cls(service, await held_documents(tx, [one for row in rows if (one := cited(*row)) is not None]))

    @classmethod
    def beside(cls, service: str, rows: Iterable[Any]) -> "Evidences":
        """Return the evidence of rows beside which `documents` stand, as `held_beside` reads them."""
        return cls(service, held_in(one for row in rows for one in row.documents))

    def shown(self, evidence: Any, entered_by: str) -> EvidenceShown | None:  # noqa: ANN401  # JSON
        """Return evidence with the standing of its document; None where there is none."""
        if not isinstance(evidence, dict):
            return None
        named = cited(evidence, entered_by)
        if named is None:
            return EvidenceShown.model_validate(evidence)
        found = self._held.get(named)
        if found is None:
            standing = DocumentStanding(status=DocumentStatus.NOT_HELD, address=None)
        else:
            address = address_of(self._service, found.id) if found.scan in OPEN_TO_OTHERS else None
            standing = DocumentStanding(status=_STANDING[found.scan], address=address)
        return EvidenceShown.model_validate({**evidence, "document": standing})


def address_of(service: str, document_id: UUID) -> str:
    """Return where a document is read."""
    return f"/v1/documents/{service}/{document_id}"


def document_router(service: str, *, read_scope: str, write_scope: str, in_sight: InSight) -> APIRouter:
    """Return the routes of a service's documents.

    Args:
        service: its name, the second word of the addresses.
        read_scope: scope of who reads.
        write_scope: scope of who uploads.
        in_sight: whether the caller sees a case that names a document.
    """
    router = edge_router(tags=["documents"])
    _add_upload(router, service, write_scope)
    _add_reads(router, service, read_scope, in_sight)
    return router


def _add_upload(router: APIRouter, service: str, scope: str) -> None:
    @router.post(
        f"/documents/{service}",
        operation_id=f"upload_{service}_document",
        status_code=201,
        response_model=DocumentRead,
        responses={
            **{code: {**told, "model": DocumentRead} for code, told in _HELD_ALREADY.items()},
            **refusals(
                BODY_TOO_LARGE,
                FILE_EMPTY,
                FILE_TYPE_REFUSED,
                FILE_HASH_MISMATCH,
                FILE_INFECTED,
            ),
        },
    )
    @edge(scope=scope, row="any", summary_zh="上传证明材料", tells=False)
    async def upload_document(
        request: Request,
        tx: Tx,
        files: Files,
        file: Annotated[
            UploadFile, File(description="PDF、图片、表格、文本或 ZIP/OFD / PDF, image, table, text, ZIP or OFD")
        ],
        sha256: Annotated[
            Sha256 | None,
            Form(description="自行计算的 SHA-256，供核对 / your own SHA-256, compared"),
        ] = None,
    ) -> Response:
        """Upload a document; evidence then names it by the `sha256` of the answer. The same bytes again are one.

        Where files are scanned `scan` is `PENDING` until the verdict, and only the uploader may read the document.
        """
        state = request.app.state
        limit, document_id = state.settings.max_document_bytes, new_id()
        apart = None if state.scan is None else document_id
        kept = await files.put(file, limit=limit, taken=EVIDENCE, sha256=sha256, apart=apart)
        scan = ScanVerdict.NOT_SCANNED if apart is None else ScanVerdict.PENDING
        new = _document(tx, document_id, kept, _file_name(file.filename), scan)
        document, is_new = await add_document(tx, new)
        if is_new:
            tx.audit("document.upload", subject=f"document/{document.id}", detail={"sha256": document.sha256})
            tx.after_commit(lambda: state.wake(SCAN_JOB))
        elif apart is not None:
            await files.remove_apart(apart)
        if document.scan == ScanVerdict.INFECTED:
            raise Refusal(FILE_INFECTED)
        location = address_of(service, document.id)
        return answered(_shown(service, document), status=201 if is_new else 200, location=location)


def _add_reads(router: APIRouter, service: str, scope: str, in_sight: InSight) -> None:
    address = f"/documents/{service}/{{document_id}}"

    @router.get(
        address,
        operation_id=f"read_{service}_document",
        response_model=DocumentRead,
        responses=refusals(NOT_FOUND),
    )
    @edge(scope=scope, row="any", summary_zh="查看证明材料信息", audited=True)
    async def read_document(document_id: UUID, tx: Tx) -> Response:
        """Tell what is known of a document: its own, or one that a case names which the caller may see."""
        document = await _seen(tx, document_id, in_sight)
        tx.audit("document.read", subject=f"document/{document.id}")
        return answered(_shown(service, document))

    @router.get(
        f"{address}/content",
        operation_id=f"download_{service}_document",
        response_class=Response,
        responses={**_BYTES, **refusals(NOT_FOUND, FILE_INFECTED)},
    )
    @edge(scope=scope, row="any", summary_zh="下载证明材料", audited=True)
    async def read_content(document_id: UUID, tx: Tx, files: Files) -> Response:
        """Download the bytes of a document as an attachment; each download is audited."""
        document = await _seen(tx, document_id, in_sight)
        if document.scan == ScanVerdict.INFECTED:
            raise Refusal(FILE_INFECTED)
        tx.audit("document.download", subject=f"document/{document.id}", detail={"sha256": document.sha256})
        pieces = _bytes_of(files, document)
        # The first piece now: a document that is gone is a 404 and no broken download.
        first = await anext(pieces)
        headers = {
            "content-disposition": attachment(document.file_name),
            "content-length": str(document.size_bytes),
            "cache-control": "private, no-store",
        }
        return StreamingResponse(_joined(first, pieces), media_type=document.media_type, headers=headers)


def _document(tx: Transaction, document_id: UUID, kept: StoredFile, name: str, scan: ScanVerdict) -> Document:
    return Document(
        id=document_id,
        sha256=kept.sha256,
        media_type=kept.media_type,
        size_bytes=kept.size,
        file_name=name,
        scan=scan.value,
        client_id=tx.actor.client_id,
        role=tx.actor.role.value,
        party=tx.actor.party,
        unit_id=tx.actor.unit_id,
        created_at=tx.now,
    )


def _bytes_of(files: FileStore, document: Document) -> AsyncIterator[bytes]:
    if document.scan == ScanVerdict.PENDING:
        return files.open_apart(document.id)
    return files.open(document.sha256)


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


async def _seen(tx: Transaction, document_id: UUID, in_sight: InSight) -> Document:
    found = await find_document(tx, document_id)
    # Another's document costs the same work as one that never was: nothing to be measured from outside.
    document = found or replace(_NOBODYS, id=document_id)
    is_seen = brought_by(document, tx.actor) or await in_sight(tx, document)
    is_open = document.scan != ScanVerdict.PENDING or document.client_id == tx.actor.client_id
    if not (is_seen and is_open) or found is None:
        raise Refusal(NOT_FOUND, noun="document")
    return found


def _file_name(given: str | None) -> str:
    """Return the name without folders and without marks that nobody sees."""
    name = without_invisible(PureWindowsPath(given or "").name).strip()
    return "".join(mark for mark in name if mark.isprintable())[:_NAME_LENGTH] or "document"


def _shown(service: str, document: Document) -> DocumentRead:
    values = {name: getattr(document, name) for name in Document.__dataclass_fields__ if name != "client_id"}
    content = f"{address_of(service, document.id)}/content"
    return DocumentRead.model_validate({**values, "uploaded_by": document.client_id, "content": content})
