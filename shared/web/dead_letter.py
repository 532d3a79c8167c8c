"""Dead letters over HTTP: what `kechuang dead-letter` does, for the operator's own programs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response

from shared.bus.dead_letter import HandledInVain, WaitsForAnother, discard, handle_again
from shared.db import dead_letter as store
from shared.db.dead_letter import OPERATORS, DeadLetterStatus, LetterRow
from shared.db.selection import Chosen
from shared.db.transaction import Transaction
from shared.events.masked import shown_content, shown_reason
from shared.events.trust import Trust
from shared.kernel.errors import Refusal
from shared.kernel.refusals import (
    DEAD_LETTER_FAILED_AGAIN,
    DEAD_LETTER_SETTLED,
    DEAD_LETTER_WAITS,
    FORBIDDEN_ROLE,
    NOT_FOUND,
)
from shared.kernel.shape import Read, Shape
from shared.kernel.types import ShortText
from shared.web.answer import answered
from shared.web.counts import add_counts
from shared.web.edge import Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

REFUSALS = (DEAD_LETTER_SETTLED, DEAD_LETTER_FAILED_AGAIN, DEAD_LETTER_WAITS)
READ, WRITE = "operation.dead_letter:read", "operation.dead_letter:write"
COLUMNS = columns(
    "id",
    "status",
    "handler",
    "subject",
    "reason",
    "deliveries",
    "parked_at",
    "replayed_at",
    "discarded_at",
    "discard_reason",
)
Wanted = Annotated[Chosen, Depends(chosen_from(store.LIST))]
LetterId = Annotated[int, Path(ge=1, le=2**63 - 1)]


class DeadLetterListed(Read):
    """A letter: which event, for which handler, why, and what became of it. Values that a person typed are left out."""

    id: int
    status: DeadLetterStatus
    handler: str
    subject: str
    event_id: UUID | None
    reason: str
    deliveries: int
    parked_at: datetime
    replayed_at: datetime | None
    discarded_at: datetime | None
    discard_reason: str | None


class DeadLetterRead(DeadLetterListed):
    """A letter with the event as it came: codes and numbers as they are, texts masked; null where it is unreadable."""

    content: dict[str, Any] | None


class DeadLetterDiscard(Shape):
    """Why nobody will handle a letter; kept in the audit."""

    reason: ShortText


def dead_letter_router(service: str) -> APIRouter:
    """Return the routes of a service's dead letters.

    Args:
        service: its name, the last word of the list's address.
    """
    router = edge_router(tags=["dead-letters"])
    noun = f"dead-letters/{service}"
    add_counts(router, store.LIST, noun=noun, scope=READ, row="any", title="死信")
    _add_reads(router, service, noun)
    _add_endings(router, service, noun)
    return router


def listed(row: LetterRow) -> DeadLetterListed:
    """Return a letter as lists show it."""
    return DeadLetterListed.of(row, reason=shown_reason(row.reason))


async def _shown(_tx: Transaction, rows: Sequence[LetterRow]) -> list[DeadLetterListed]:
    return [listed(row) for row in rows]


async def _one(tx: Transaction, letter_id: int) -> Response:
    row, payload = await store.read(tx, letter_id)
    return answered(DeadLetterRead.of(listed(row), content=shown_content(payload)))


def _add_reads(router: APIRouter, service: str, noun: str) -> None:
    @router.get(
        f"/{noun}",
        operation_id=f"list_{service}_dead_letters",
        response_model=PageOf[DeadLetterListed],
        responses=refusals(FORBIDDEN_ROLE),
    )
    @edge(scope=READ, row="any", summary_zh="死信清单")
    async def list_dead_letters(paging: Paging, tx: Tx, wanted: Wanted) -> Response:
        """List events that the service could not handle, newest first."""
        tx.actor.must_be(OPERATORS)
        found = await store.LIST.page(tx, wanted, paging.wanted())
        return page(paging, await _shown(tx, found.rows), found.next_key)

    @router.get(
        f"/exports/{noun}.{{file_format}}",
        operation_id=f"export_{service}_dead_letters",
        response_class=Response,
        responses={**TABLE, **refusals(FORBIDDEN_ROLE)},
    )
    @edge(scope=READ, row="any", summary_zh="导出死信清单", audited=True)
    async def export_dead_letters(file_format: Format, tx: Tx, wanted: Wanted) -> Response:
        """Export what a list of dead letters with the same filters would show, as CSV or XLSX."""
        tx.actor.must_be(OPERATORS)
        return await export_list(
            tx,
            store.LIST.batches(tx, wanted),
            lambda rows: _shown(tx, rows),
            COLUMNS,
            format=file_format,
            noun=f"{service}-dead-letters",
            title="死信",
        )

    @router.get(
        f"/{noun}/{{letter_id}}",
        operation_id=f"read_{service}_dead_letter",
        response_model=DeadLetterRead,
        responses=refusals(FORBIDDEN_ROLE, NOT_FOUND),
    )
    @edge(scope=READ, row="any", summary_zh="查看死信", audited=True)
    async def read_dead_letter(letter_id: LetterId, tx: Tx) -> Response:
        """Look at one letter; the look is audited, personal data are masked."""
        tx.actor.must_be(OPERATORS)
        answer = await _one(tx, letter_id)
        tx.audit("dead_letter.read", subject=f"dead_letter/{letter_id}")
        return answer


def _add_endings(router: APIRouter, service: str, noun: str) -> None:
    @router.post(
        f"/{noun}/{{letter_id}}:replay",
        operation_id=f"replay_{service}_dead_letter",
        response_model=DeadLetterRead,
        responses=refusals(FORBIDDEN_ROLE, NOT_FOUND, DEAD_LETTER_SETTLED, DEAD_LETTER_FAILED_AGAIN),
    )
    @edge(scope=WRITE, row="any", summary_zh="重放死信", tells=False)
    async def replay_dead_letter(letter_id: LetterId, request: Request, tx: Tx) -> Response:
        """Give one letter to its handler again, after its reason has been mended; it takes effect once."""
        tx.actor.must_be(OPERATORS)
        letter = await store.take(tx, letter_id)
        state = request.app.state
        try:
            await handle_again(tx, service, state.subscriptions, Trust(state.settings.event_keys_file), letter)
        except HandledInVain as fault:
            raise Refusal(DEAD_LETTER_FAILED_AGAIN, reason=shown_reason(str(fault))) from fault
        return await _one(tx, letter_id)

    @router.post(
        f"/{noun}/{{letter_id}}:discard",
        operation_id=f"discard_{service}_dead_letter",
        response_model=DeadLetterRead,
        responses=refusals(FORBIDDEN_ROLE, NOT_FOUND, DEAD_LETTER_SETTLED, DEAD_LETTER_WAITS),
    )
    @edge(scope=WRITE, row="any", summary_zh="作废死信", tells=False)
    async def discard_dead_letter(letter_id: LetterId, body: DeadLetterDiscard, request: Request, tx: Tx) -> Response:
        """Give one letter up for good, for a reason that the audit keeps; what follows it need not wait for it."""
        tx.actor.must_be(OPERATORS)
        letter = await store.take(tx, letter_id)
        try:
            await discard(tx, request.app.state.subscriptions, letter, body.reason)
        except WaitsForAnother as fault:
            raise Refusal(DEAD_LETTER_WAITS) from fault
        return await _one(tx, letter_id)
