"""The audit over HTTP, for the auditor alone: its rows, their export and its chain; the same in each service."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field
from sqlalchemy import MetaData

from shared.db.audit import Anchor, verify
from shared.db.audit_record import AUDITORS, AuditRow, audit_list
from shared.db.selection import Chosen, Selection
from shared.db.transaction import Transaction
from shared.kernel.actor import Role
from shared.kernel.refusals import FORBIDDEN_ROLE
from shared.kernel.shape import Read
from shared.kernel.types import Sha256
from shared.web.answer import answered
from shared.web.counts import add_counts
from shared.web.edge import Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

SCOPE = "audit.entry:read"
COLUMNS = columns(
    "position",
    "acted_at",
    "client_id",
    "role",
    "party",
    "action",
    "subject",
    "uscc",
    "purpose",
    "consent_id",
    "outcome",
    "request_id",
)
_ROWS_AT_ONCE = 20_000
Number = Annotated[int, Query(ge=0, le=2**63 - 1)]


class AuditEntryRead(Read):
    """One row: who did or read what, whose data it was, for which purpose under which consent; sealed by `seal_no`."""

    position: int
    acted_at: datetime
    client_id: str
    role: Role
    party: str | None
    action: str
    subject: str
    uscc: str | None
    purpose: str | None
    consent_id: UUID | None
    fields: list[str]
    outcome: str
    detail: dict[str, Any]
    request_id: str | None
    causation_id: UUID
    seal_no: int | None


class AuditChainRead(Read):
    """What a walk over the chain found: up to which row it is whole, and where the next call goes on.

    A walk reads some ten thousand rows at most; `is_complete` tells that it came to the end of what is sealed.
    """

    is_whole: bool
    is_complete: bool
    rows: int
    head: str
    unsealed: int
    broken_at: int | None
    reason: str | None = Field(description="英文原因 / what is wrong there, in English")


def audit_router(service: str, metadata: MetaData) -> APIRouter:
    """Return the routes of a service's audit.

    Args:
        service: its name, the last word of the list's address.
        metadata: its tables.
    """
    router = edge_router(tags=["audit"])
    selection = audit_list(metadata)
    noun = f"audit/{service}"
    add_counts(router, selection, noun=noun, scope=SCOPE, row="any", title="操作留痕")
    _add_chain(router, service, noun)
    _add_rows(router, service, noun, selection)
    return router


async def _shown(_tx: Transaction, rows: Sequence[AuditRow]) -> list[AuditEntryRead]:
    return [AuditEntryRead.of(row, role=Role(row.role)) for row in rows]


def _note(tx: Transaction, service: str, chosen: Chosen) -> None:
    """Keep that the audit was read, and of which enterprise."""
    asked = {name: str(value) for name, value in chosen.values.items()}
    tx.audit("audit.read", subject=f"audit/{service}", uscc=chosen.values.get("uscc"), detail={"asked": asked})


def _add_rows(router: APIRouter, service: str, noun: str, selection: Selection) -> None:
    wanted = Annotated[Chosen, Depends(chosen_from(selection))]

    @router.get(
        f"/{noun}",
        operation_id=f"list_{service}_audit",
        response_model=PageOf[AuditEntryRead],
        responses=refusals(FORBIDDEN_ROLE),
    )
    @edge(scope=SCOPE, row="any", summary_zh="操作留痕清单", audited=True)
    async def list_audit(paging: Paging, tx: Tx, chosen: wanted) -> Response:
        """List who did or read what, newest first; the look itself is kept."""
        tx.actor.must_be(AUDITORS)
        found = await selection.page(tx, chosen, paging.wanted())
        _note(tx, service, chosen)
        return page(paging, await _shown(tx, found.rows), found.next_key)

    @router.get(
        f"/exports/{noun}.{{file_format}}",
        operation_id=f"export_{service}_audit",
        response_class=Response,
        responses={**TABLE, **refusals(FORBIDDEN_ROLE)},
    )
    @edge(scope=SCOPE, row="any", summary_zh="导出操作留痕", audited=True)
    async def export_audit(file_format: Format, tx: Tx, chosen: wanted) -> Response:
        """Export what a list of the audit with the same filters would show, as CSV or XLSX."""
        tx.actor.must_be(AUDITORS)
        return await export_list(
            tx,
            selection.batches(tx, chosen),
            lambda rows: _shown(tx, rows),
            COLUMNS,
            format=file_format,
            noun=f"{service}-audit",
            title="操作留痕",
        )


def _add_chain(router: APIRouter, service: str, noun: str) -> None:
    @router.get(
        f"/{noun}/chain",
        operation_id=f"check_{service}_audit_chain",
        response_model=AuditChainRead,
        responses=refusals(FORBIDDEN_ROLE),
    )
    @edge(scope=SCOPE, row="any", summary_zh="核验留痕链", audited=True)
    async def check_audit_chain(tx: Tx, after: Number = 0, seal: Sha256 | None = None) -> Response:
        """Walk the chain of seals, from its beginning or behind a row whose number and seal an earlier answer told.

        A seal that was kept elsewhere and no longer fits shows that the chain was made anew.
        """
        tx.actor.must_be(AUDITORS)
        behind = None if seal is None else Anchor(after, seal)
        verdict = await verify(tx, behind=behind, most=_ROWS_AT_ONCE)
        tx.audit("audit.verify", subject=f"audit/{service}", detail={"rows": verdict.rows})
        return answered(
            AuditChainRead(
                is_whole=verdict.broken_at is None,
                is_complete=verdict.is_complete,
                rows=verdict.rows,
                head=verdict.head,
                unsealed=verdict.unsealed,
                broken_at=verdict.broken_at,
                reason=verdict.reason,
            )
        )
