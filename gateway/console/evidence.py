"""Evidence as a form asks for it: its level, its number and day, and the document itself, which is uploaded with it."""

from collections.abc import Sequence

from gateway.console.inputs import Input
from gateway.console.upload import chosen_file, file_form
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
        file = await chosen_file(visit, one.key) if one.kind == "document" else None
        if file is None:
            continue
        said = await visit.do(operation, content=file_form("file", file), step=one.key)
        if said is not None:
            visit.form.values = {**visit.form.values, one.held_key: [said.body["sha256"]]}
