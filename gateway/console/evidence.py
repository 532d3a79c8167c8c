"""Evidence as a form asks for it: its level, its number and day, and the document itself, which is uploaded with it."""

import secrets
from collections.abc import Sequence

from starlette.datastructures import UploadFile

from gateway.console.inputs import Input
from gateway.console.visit import Visit
from gateway.console.words import mark

EVIDENCE = (
    Input(name="level", inside="evidence", kind="select", within="Evidence", enumeration="EvidenceLevel"),
    Input(name="issued_on", inside="evidence", kind="day", within="Evidence"),
    Input(
        name="official_no",
        inside="evidence",
        within="Evidence",
        required=False,
        help=mark("Above a declaration, a number or a document is needed."),
    ),
    Input(name="document", inside="evidence", kind="document", required=False, label=mark("Document")),
)
"""Inputs of a body that holds `evidence`."""


async def keep_documents(visit: Visit, inputs: Sequence[Input], operation: str) -> None:
    """Upload the documents that came with a form; the form holds their digests afterwards, also if it is refused.

    Args:
        visit: of the page.
        inputs: of the form.
        operation: that takes documents, such as `POST /v1/documents/registry`.
    """
    for one in inputs:
        file = visit.request.state.files.get(one.key) if one.kind == "document" else None
        if file is None or not file.filename:
            continue
        said = await visit.do(operation, content=await _multipart(file), step=one.key)
        if said is not None:
            visit.form.values = {**visit.form.values, one.held_key: [said.body["sha256"]]}


async def _multipart(file: UploadFile) -> tuple[str, bytes]:
    """Return the media type and the bytes of a form that holds one file."""
    boundary = secrets.token_hex(16)
    name = (file.filename or "").replace("\r", " ").replace("\n", " ").replace('"', "%22")  # as browsers write it
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: {file.content_type or 'application/octet-stream'}\r\n\r\n"
    )
    content = head.encode() + await file.read() + f"\r\n--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", content
