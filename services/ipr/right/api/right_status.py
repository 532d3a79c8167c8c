"""Routes of the legal status: moves on evidence, corrections, and the history that keeps both."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from fastapi import Response

from services.ipr.right.api.right import RightDetail, answer_right
from services.ipr.right.rules import right_status as rules
from services.ipr.right.rules.blemish import BlemishKind
from services.ipr.right.rules.right_status import LegalStatus, MoveCorrection, MoveState, StatusMove
from services.ipr.right.store import blemish as blemishes
from services.ipr.right.store import right as store
from services.ipr.right.usecases import right_status as usecases
from shared.kernel.errors import Refusal
from shared.kernel.evidence import EvidenceLevel
from shared.kernel.ids import new_id
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND
from shared.kernel.shape import Read
from shared.web.answer import answered
from shared.web.document import Evidences, EvidenceShown
from shared.web.edge import Book, Tx, edge, edge_router, refusals

router = edge_router(tags=["ip-rights"])
MOVE_REFUSED = (
    rules.STATUS_MOVE_NOT_ALLOWED,
    rules.STATUS_MOVE_IN_FUTURE,
    rules.STATUS_EVIDENCE_TOO_WEAK,
    rules.STATUS_KIND_HAS_NO_FEE,
    rules.RESTORATION_TOO_LATE,
    FORBIDDEN_ROLE,
)


class MoveRead(Read):
    """One move of the history; HELD waits for the move that makes sense of it, CORRECTED was wrong at its source."""

    id: UUID
    to_status: LegalStatus
    effective_on: date
    requested_on: date | None
    evidence_level: EvidenceLevel
    evidence: EvidenceShown
    status: MoveState
    correction: dict[str, Any] | None
    computed_by: str | None
    entered_by: str
    recorded_at: datetime


class TransferRead(Read):
    """One transfer with the owners before and after it."""

    id: UUID
    effective_on: date
    owners_before: list[Any]
    owners_after: list[Any]
    evidence: EvidenceShown
    entered_by: str
    recorded_at: datetime


class BlemishRead(Read):
    """One accepted case, open until it is cleared."""

    id: UUID
    kind: BlemishKind
    opened_on: date
    opened_evidence: EvidenceShown
    cleared_on: date | None
    cleared_evidence: EvidenceShown | None


class EvidenceRead(Read):
    """Evidence that was added later: attested, extended, or a ground of high value."""

    action: str
    evidence: EvidenceShown
    detail: dict[str, Any]
    entered_by: str
    recorded_at: datetime


class HistoryRead(Read):
    """Everything that happened to a right; nothing is ever rewritten."""

    right_id: UUID
    moves: list[MoveRead]
    transfers: list[TransferRead]
    blemishes: list[BlemishRead]
    evidence: list[EvidenceRead]


@router.get("/ip-rights/{right_id}/history", response_model=HistoryRead, responses=refusals(NOT_FOUND))
@edge(scope="ipr.right:read", row="enterprise", summary_zh="知识产权历史记录")
async def read_history(right_id: UUID, tx: Tx) -> Response:
    """Show every move, transfer, case and piece of evidence of a right, in order of date."""
    if await store.find(tx, right_id) is None:
        raise Refusal(NOT_FOUND, noun="ip_right")
    moves = (await store.moves(tx, [right_id]))[right_id]
    transfers = await store.transfers(tx, right_id)
    cases = await blemishes.of_right(tx, right_id)
    added = await store.added_evidence(tx, right_id)
    grounds = await store.grounds(tx, right_id)
    rows: list[tuple[dict[str, Any] | None, str]] = [
        (one.evidence, one.entered_by) for kind in (moves, transfers, added, grounds) for one in kind
    ]
    rows += [(evidence, one.entered_by) for one in cases for evidence in (one.opened_evidence, one.cleared_evidence)]
    held = await Evidences.of(tx, "ipr", rows)
    history = HistoryRead(
        right_id=right_id,
        moves=[_read(MoveRead, one, held) for one in moves],
        transfers=[_read(TransferRead, one, held) for one in transfers],
        blemishes=[_read(BlemishRead, one, held) for one in cases],
        evidence=[
            *(_read(EvidenceRead, one, held) for one in added),
            *(
                _read(EvidenceRead, one, held, action="HIGH_VALUE", detail={"ground": one.ground.value})
                for one in grounds
            ),
        ],
    )
    return answered(history)


@router.post(
    "/ip-rights/{right_id}:move",
    response_model=RightDetail,
    responses=refusals(NOT_FOUND, rules.STATUS_MOVE_CONTRADICTS_LATER, *MOVE_REFUSED),
)
@edge(scope="ipr.right:move", row="any", summary_zh="登记法律状态变动")
async def move_right(right_id: UUID, body: StatusMove, tx: Tx, book: Book) -> Response:
    """Record a move of the legal status; the same status delivered twice changes nothing."""
    return await answer_right(tx, await usecases.move_right(tx, right_id, body, book, move_id=new_id()), book)


@router.post(
    "/ip-rights/{right_id}:correct",
    response_model=RightDetail,
    responses=refusals(NOT_FOUND, *MOVE_REFUSED, rules.MOVE_UNKNOWN, rules.MOVE_ALREADY_CORRECTED),
)
@edge(scope="ipr.right:move", row="any", summary_zh="更正法律状态")
async def correct_move(right_id: UUID, body: MoveCorrection, tx: Tx, book: Book) -> Response:
    """Correct a move that was wrong at its source; the history keeps both."""
    return await answer_right(tx, await usecases.correct_move(tx, right_id, body, book, new_move_id=new_id()), book)


def _read(shape: type[Any], row: Any, held: Evidences, **given: Any) -> Any:  # noqa: ANN401  # one of the shapes above
    for name in ("evidence", "opened_evidence", "cleared_evidence"):
        if name in shape.model_fields:
            given[name] = held.shown(getattr(row, name), row.entered_by)
    return shape.of(row, **given)
