"""Routes of a service's waiting cases: the list with who has each, counts, export, taking and handing over a case."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from shared.db.selection import Chosen, Selection
from shared.db.transaction import Transaction
from shared.db.work_holder import Case, holder_of, keep_holder, lock_holder, with_holders
from shared.kernel.action import ActionRead
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.kernel.holding import (
    COLLEAGUE_UNKNOWN,
    WORK_ITEM_FREE,
    WORK_ITEM_HELD,
    Holder,
    check_colleague,
    check_turn,
    handed_over,
    take_case,
)
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND, TOKEN_INVALID
from shared.kernel.shape import Read, Shape
from shared.kernel.types import ShortText
from shared.kernel.work_item import DueStatus, WorkKind
from shared.policy.book import RuleBook
from shared.web.answer import answered
from shared.web.counts import add_counts
from shared.web.edge import Shelf, Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

SCOPE = "work.item:read"
HOLD = "work.item:write"
Ticket = Annotated[
    str,
    Field(
        max_length=4_096,
        pattern=r"^[A-Za-z0-9_.\-]+$",
        description="本单位人员清单中的 to；空为退回待领取 / `to` of a person in GET /v1/colleagues; null: nobody",
    ),
]
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


class HolderRead(Read):
    """Who of the body has the case, as tokens name a person or a program, since when, and whether it is the reader."""

    client_id: str
    since_at: datetime
    is_reader: bool


class ListedWorkItemRead(WorkItemRead):
    """A waiting case in its service's list: for which role it waits, and who of its people has it."""

    service: str
    waits_for: Role
    holder: HolderRead | None


class WorkItemHandOver(Shape):
    """Who shall have a case from now on (null: nobody), and who has it as the caller knows."""

    held_by: ShortText
    to: Ticket | None = None


Shown = Callable[[Transaction, Sequence[Any], RuleBook], Awaitable[list[WorkItemRead]]]
"""Gives the rows of a page as they are answered; acts may depend on a rule set of the day."""


def case_of(row: Any) -> Case:  # noqa: ANN401  # the row of a service's own union
    """Return under what the holder of a waiting case is kept."""
    return str(row.kind), row.id, str(row.waits_for)


async def listed(
    tx: Transaction, service: str, rows: Sequence[Any], shown: Shown, book: RuleBook
) -> list[ListedWorkItemRead]:
    """Return waiting cases as their service answers them, each with who has it."""
    items = await shown(tx, rows, book)
    found = []
    for row, item in zip(rows, items, strict=True):
        holder = holder_of(row)
        is_reader = holder is not None and holder.client_id == tx.actor.client_id
        told = None if holder is None else HolderRead.of(holder, is_reader=is_reader)
        found.append(ListedWorkItemRead.of(item, service=service, waits_for=Role(row.waits_for), holder=told))
    return found


def work_item_router(service: str, cases: Selection, shown: Shown) -> APIRouter:
    """Return the routes of the cases that wait in a service.

    Args:
        service: its name, the last word of the list's address.
        cases: the waiting cases that a caller may see; their rows tell whose turn it is (`waits_for`).
        shown: gives them as they are answered.
    """
    router = edge_router(tags=["work-items"])
    noun = f"work-items/{service}"
    selection = with_holders(cases)
    add_counts(router, selection, noun=noun, scope=SCOPE, row="any", title="待办事项")
    wanted = Annotated[Chosen, Depends(chosen_from(selection))]

    @router.get(f"/{noun}", operation_id=f"list_{service}_work_items", response_model=PageOf[ListedWorkItemRead])
    @edge(scope=SCOPE, row="any", summary_zh="待办事项清单")
    async def list_work_items(paging: Paging, tx: Tx, book: Shelf, chosen: wanted) -> Response:
        """List the cases that wait for the caller's body, the nearest day first."""
        found = await selection.page(tx, chosen, paging.wanted())
        return page(paging, await listed(tx, service, found.rows, shown, book), found.next_key)

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

    _add_holding(router, service, selection, shown)
    return router


def _add_holding(router: APIRouter, service: str, selection: Selection, shown: Shown) -> None:
    address = f"/work-items/{service}/{{kind}}/{{case_id}}"

    async def _as_it_is_now(tx: Transaction, kind: WorkKind, case_id: UUID, book: RuleBook) -> ListedWorkItemRead:
        row = await _waiting(tx, selection, kind, case_id)
        return (await listed(tx, service, [row], shown, book))[0]

    @router.post(
        f"{address}:take",
        operation_id=f"take_{service}_work_item",
        response_model=ListedWorkItemRead,
        responses=refusals(FORBIDDEN_ROLE, NOT_FOUND, WORK_ITEM_HELD),
    )
    @edge(scope=HOLD, row="any", summary_zh="领取待办事项", tells=False)
    async def take_work_item(kind: WorkKind, case_id: UUID, tx: Tx, book: Shelf) -> Response:
        """Take a case that waits for the caller's body, so that colleagues leave it alone; it forbids no act."""
        row = await _waiting(tx, selection, kind, case_id)
        held = await lock_holder(tx, case_of(row), row.unit_id)
        holder = take_case(held, tx.actor, tx.now)
        if held is None:
            await _keep(tx, row, holder, "work_item.take")
        return answered(await _as_it_is_now(tx, kind, case_id, book))

    @router.post(
        f"{address}:hand-over",
        operation_id=f"hand_over_{service}_work_item",
        response_model=ListedWorkItemRead,
        responses=refusals(FORBIDDEN_ROLE, NOT_FOUND, WORK_ITEM_FREE, WORK_ITEM_HELD, COLLEAGUE_UNKNOWN),
    )
    @edge(scope=HOLD, row="any", summary_zh="移交待办事项", tells=False)
    async def hand_over_work_item(
        kind: WorkKind, case_id: UUID, body: WorkItemHandOver, request: Request, tx: Tx, book: Shelf
    ) -> Response:
        """Give a case to a colleague of the same body or back to nobody, also for a colleague who is away."""
        row = await _waiting(tx, selection, kind, case_id)
        to = None if body.to is None else await _colleague(request, tx, body.to)
        held = await lock_holder(tx, case_of(row), row.unit_id)
        holder = handed_over(held, held_by=body.held_by, to=to, now=tx.now)
        if holder != held:
            await _keep(tx, row, holder, "work_item.hand_over")
        return answered(await _as_it_is_now(tx, kind, case_id, book))


async def _waiting(tx: Transaction, selection: Selection, kind: WorkKind, case_id: UUID) -> Any:  # noqa: ANN401  # a row
    """Return a waiting case whose turn is the caller's body's.

    Raises:
        Refusal: `not_found`, also once it is decided; `forbidden_role` where it waits for another body.
    """
    row = await selection.one(tx, {"kind": [kind], "case_id": case_id})
    if row is None:
        raise Refusal(NOT_FOUND, noun="work_item")
    check_turn(tx.actor, Role(row.waits_for))
    return row


async def _colleague(request: Request, tx: Transaction, ticket: str) -> str:
    """Return as whom tokens name the person that a ticket of the gateway tells of.

    Raises:
        Refusal: `colleague_unknown`.
    """
    try:
        other = await request.app.state.verifier.colleague(ticket)
    except Refusal as refusal:
        if refusal.code.status != TOKEN_INVALID.status:
            raise
        raise Refusal(COLLEAGUE_UNKNOWN, pointer="/to") from None
    check_colleague(tx.actor, other)
    return str(other.client_id)


async def _keep(tx: Transaction, row: Any, holder: Holder | None, action: str) -> None:  # noqa: ANN401  # a row
    await keep_holder(tx, case_of(row), row.unit_id, holder)
    detail = {"case_no": row.case_no, "holder": holder.client_id if holder else None}
    tx.audit(action, subject=f"work_item/{row.kind}/{row.id}", uscc=row.enterprise_uscc, detail=detail)
