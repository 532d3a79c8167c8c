"""Routes of a service's waiting cases: the list, its counts by kind and its export, the same in every service."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from shared.db.selection import Chosen, Selection
from shared.db.transaction import Transaction
from shared.kernel.action import ActionRead
from shared.kernel.shape import Read
from shared.kernel.work_item import DueStatus, WorkKind
from shared.policy.book import RuleBook
from shared.web.counts import add_counts
from shared.web.edge import Shelf, Tx, edge, edge_router
from shared.web.export import TABLE, Format, columns, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

SCOPE = "work.item:read"
COLUMNS = columns(
    "kind", "case_no", "enterprise_uscc", "enterprise_name", "unit_id", "asked_zh", "since_at", "due_on", "due_status"
)


class WorkItemRead(Read):
    """A case that waits for the reader's body: whose it is, what is asked since when and by when, what he may do."""

    kind: WorkKind
    id: UUID
    case_no: str
    enterprise_uscc: str
    enterprise_name: str | None
    unit_id: str | None
    asked_zh: str
    asked_en: str
    since_at: datetime
    due_on: date | None
    due_status: DueStatus
    actions: list[ActionRead]


Shown = Callable[[Transaction, Sequence[Any], RuleBook], Awaitable[list[WorkItemRead]]]
"""Gives the rows of a page as they are answered; acts may depend on a rule set of the day."""


def work_item_router(service: str, selection: Selection, shown: Shown) -> APIRouter:
    """Return the routes of the cases that wait in a service.

    Args:
        service: its name, the last word of the list's address.
        selection: the waiting cases that a caller may see.
        shown: gives them as they are answered.
    """
    router = edge_router(tags=["work-items"])
    noun = f"work-items/{service}"
    add_counts(router, selection, noun=noun, scope=SCOPE, row="any", title="待办事项")
    wanted = Annotated[Chosen, Depends(chosen_from(selection))]

    @router.get(f"/{noun}", operation_id=f"list_{service}_work_items", response_model=PageOf[WorkItemRead])
    @edge(scope=SCOPE, row="any", summary_zh="待办事项清单")
    async def list_work_items(paging: Paging, tx: Tx, book: Shelf, chosen: wanted) -> Response:
        """List the cases that wait for the caller's body, the nearest day first."""
        found = await selection.page(tx, chosen, paging.wanted())
        return page(paging, await shown(tx, found.rows, book), found.next_key)

    @router.get(
        f"/exports/{noun}.{{file_format}}",
        operation_id=f"export_{service}_work_items",
        response_class=Response,
        responses=TABLE,
    )
    @edge(scope=SCOPE, row="any", summary_zh="导出待办事项", audited=True)
    async def export_work_items(file_format: Format, tx: Tx, book: Shelf, chosen: wanted) -> Response:
        """Export what a list of waiting cases with the same filters would show, as CSV or XLSX."""
        return await export_list(
            tx,
            selection.batches(tx, chosen),
            lambda rows: shown(tx, rows, book),
            COLUMNS,
            format=file_format,
            noun=f"{service}-work-items",
            title="待办事项",
        )

    return router
