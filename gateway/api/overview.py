"""The page of one enterprise."""

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from gateway.api.caller import reading_headers
from gateway.api.part_read import OverviewRead
from gateway.compose import overview as compose
from gateway.rules import overview as rules
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND
from shared.kernel.types import LooseUscc
from shared.web.edge import Caller, edge, edge_router, refusals

router = edge_router(tags=["composed"])


@router.get("/enterprises/{uscc}/overview", response_model=OverviewRead, responses=refusals(FORBIDDEN_ROLE, NOT_FOUND))
@edge(scope="registry.enterprise:read", row="enterprise", summary_zh="企业全景", transaction=False)
async def read_overview(uscc: LooseUscc, caller: Caller, request: Request) -> Response:
    """Read what all services keep of one enterprise; a part that is missing is named."""
    rules.admit(caller, uscc)
    state = request.app.state
    composed = await compose.overview(
        state.upstreams,
        uscc,
        headers=reading_headers(request.scope["headers"], request.scope["request_id"]),
        deadline_s=state.settings.part_deadline_ms / 1000,
    )
    return JSONResponse(composed)
