"""Routes of blemishes: accepted cases against a right."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from services.ipr.right.api.right import RightDetail, RightNamed, answer_right, named, owner_names
from services.ipr.right.api.right_status import BlemishRead
from services.ipr.right.rules import blemish as rules
from services.ipr.right.rules import right_status as status_rules
from services.ipr.right.rules.blemish import BlemishClearance, BlemishMark, BlemishStatus
from services.ipr.right.store import blemish as store
from services.ipr.right.usecases import blemish as usecases
from shared.db.selection import Chosen
from shared.kernel.ids import new_id
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND
from shared.web.counts import add_counts
from shared.web.document import Evidences
from shared.web.edge import Book, Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

router = edge_router(tags=["ip-rights"])
_SHARED = (status_rules.STATUS_EVIDENCE_TOO_WEAK, status_rules.STATUS_MOVE_IN_FUTURE, FORBIDDEN_ROLE)


class BlemishListed(BlemishRead, RightNamed):
    """One case in a list over all rights, with the right it is against."""

    status: BlemishStatus


COLUMNS = columns(
    "right_no_display",
    "title",
    "right_kind",
    "owner_names",
    "kind",
    "status",
    "opened_on",
    "cleared_on",
)
Wanted = Annotated[Chosen, Depends(chosen_from(store.LIST))]
add_counts(router, store.LIST, noun="blemishes", scope="ipr.right:read", row="enterprise", title="权利瑕疵清单")


def _listed(rows: Sequence[Any]) -> list[BlemishListed]:
    held = Evidences.beside("ipr", rows)
    return [
        BlemishListed.of(
            row,
            **named(row),
            status=BlemishStatus.OPEN if row.cleared_on is None else BlemishStatus.CLEARED,
            opened_evidence=held.shown(row.opened_evidence, row.entered_by),
            cleared_evidence=held.shown(row.cleared_evidence, row.entered_by),
        )
        for row in rows
    ]


@router.get("/blemishes", response_model=PageOf[BlemishListed])
@edge(scope="ipr.right:read", row="enterprise", summary_zh="权利瑕疵清单")
async def list_blemishes(paging: Paging, tx: Tx, wanted: Wanted) -> Response:
    """List the cases against rights that the caller may see, newest first unless asked otherwise."""
    found = await store.LIST.page(tx, wanted, paging.wanted())
    return page(paging, _listed(found.rows), found.next_key)


@router.get("/exports/blemishes.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="ipr.right:read", row="enterprise", summary_zh="导出权利瑕疵清单", audited=True)
async def export_blemishes(file_format: Format, tx: Tx, wanted: Wanted) -> Response:
    """Export what a list of blemishes with the same filters would show, as CSV or XLSX."""

    async def taken(rows: Sequence[Any]) -> list[dict[str, Any]]:
        return [{**dict(one), "owner_names": owner_names(one.owners)} for one in _listed(rows)]

    return await export_list(
        tx,
        store.LIST.batches(tx, wanted),
        taken,
        COLUMNS,
        format=file_format,
        noun="blemishes",
        title="权利瑕疵",
    )


@router.post(
    "/ip-rights/{right_id}:mark-blemish",
    response_model=RightDetail,
    responses=refusals(NOT_FOUND, rules.BLEMISH_OPEN, rules.BLEMISH_RIGHT_NOT_IN_FORCE, *_SHARED),
)
@edge(scope="ipr.right:move", row="any", summary_zh="登记权利瑕疵（已受理的权属纠纷或无效请求）")
async def mark_blemish(right_id: UUID, body: BlemishMark, tx: Tx, book: Book) -> Response:
    """Record an accepted ownership dispute or invalidation request; nothing else blemishes a right."""
    right = await usecases.mark_blemish(tx, right_id, body, book, blemish_id=new_id())
    return await answer_right(tx, right, book)


@router.post(
    "/ip-rights/{right_id}:clear-blemish",
    response_model=RightDetail,
    responses=refusals(NOT_FOUND, rules.BLEMISH_NOT_OPEN, rules.BLEMISH_CLEARED_BEFORE_OPENED, *_SHARED),
)
@edge(scope="ipr.right:move", row="any", summary_zh="清除权利瑕疵（结案）")
async def clear_blemish(right_id: UUID, body: BlemishClearance, tx: Tx, book: Book) -> Response:
    """Record that the case is closed: the right counts again."""
    return await answer_right(tx, await usecases.clear_blemish(tx, right_id, body, book), book)
