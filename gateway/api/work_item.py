"""The work list: what waits for the caller, over all services."""

from typing import Annotated

from fastapi import Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from gateway.api.caller import reading_headers
from gateway.compose import work_item as compose
from gateway.rules import work_item as rules
from shared.kernel.holding import HolderChoice
from shared.kernel.types import UnitId
from shared.kernel.work_item import DueStatus, WorkKind
from shared.web.edge import Caller, edge, edge_router
from shared.web.work_item import SCOPE, ListedWorkItemRead

router = edge_router(tags=["composed"])
_MOST = 200
_MOST_VALUES = 20


class WorkCountRead(BaseModel):
    """How many cases of one kind wait, how many of them are overdue and due soon, and how many the reader has."""

    kind: WorkKind
    total: int
    overdue: int
    soon: int
    mine: int


class WorkListRead(BaseModel):
    """The nearest cases of all services; the whole list of each stands in its service."""

    items: list[ListedWorkItemRead]
    has_more: bool
    counts: list[WorkCountRead]
    complete: bool
    missing: list[str] = Field(description="未答复的部分 / parts whose service did not answer")


@router.get("/work-items", response_model=WorkListRead)
@edge(scope=SCOPE, row="any", summary_zh="我的待办", transaction=False)
async def read_work_items(
    caller: Caller,
    request: Request,
    kind: Annotated[list[WorkKind] | None, Query(max_length=_MOST_VALUES)] = None,
    due_status: Annotated[list[DueStatus] | None, Query(max_length=_MOST_VALUES)] = None,
    holder: Annotated[HolderChoice | None, Query()] = None,
    unit_id: Annotated[UnitId | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=_MOST, description="每页条数 / rows per page")] = 50,
) -> Response:
    """Read what waits for the caller's body, the nearest day first, with counts; a missing service is named."""
    state = request.app.state
    composed = await compose.work_items(
        {name: state.upstreams[name] for name in rules.works_with(caller.role)},
        narrowed=[*(("kind", one.value) for one in kind or ()), *((("unit_id", unit_id),) if unit_id else ())],
        chosen=[
            *(("due_status", one.value) for one in due_status or ()),
            *((("holder", holder.value),) if holder else ()),
        ],
        limit=limit,
        headers=reading_headers(request.scope["headers"], request.scope["request_id"]),
        deadline_s=state.settings.part_deadline_ms / 1000,
    )
    return JSONResponse(composed)
