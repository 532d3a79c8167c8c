"""Routes of blemishes: accepted cases against a right."""

from uuid import UUID

from fastapi import Response

from services.ipr.right.api.right import RightRead, answer_right
from services.ipr.right.rules import blemish as rules
from services.ipr.right.rules import right_status as status_rules
from services.ipr.right.rules.blemish import BlemishClearance, BlemishMark
from services.ipr.right.usecases import blemish as usecases
from shared.kernel.ids import new_id
from shared.kernel.refusals import FORBIDDEN_ROLE
from shared.web.edge import Book, Tx, edge, edge_router, refusals

router = edge_router(tags=["ip-rights"])
_SHARED = (status_rules.STATUS_EVIDENCE_TOO_WEAK, status_rules.STATUS_MOVE_IN_FUTURE, FORBIDDEN_ROLE)


@router.post(
    "/ip-rights/{right_id}:mark-blemish",
    response_model=RightRead,
    responses=refusals(rules.BLEMISH_OPEN, rules.BLEMISH_RIGHT_NOT_IN_FORCE, *_SHARED),
)
@edge(scope="ipr.right:move", row="any", summary_zh="登记权利瑕疵（已受理的权属纠纷或无效请求）")
async def mark_blemish(right_id: UUID, body: BlemishMark, tx: Tx, book: Book) -> Response:
    """Record an accepted ownership dispute or invalidation request; nothing else blemishes a right."""
    right = await usecases.mark_blemish(tx, right_id, body, book, blemish_id=new_id())
    return await answer_right(tx, right, book)


@router.post(
    "/ip-rights/{right_id}:clear-blemish",
    response_model=RightRead,
    responses=refusals(rules.BLEMISH_NOT_OPEN, rules.BLEMISH_CLEARED_BEFORE_OPENED, *_SHARED),
)
@edge(scope="ipr.right:move", row="any", summary_zh="清除权利瑕疵（结案）")
async def clear_blemish(right_id: UUID, body: BlemishClearance, tx: Tx, book: Book) -> Response:
    """Record that the case is closed: the right counts again."""
    return await answer_right(tx, await usecases.clear_blemish(tx, right_id, body, book), book)
