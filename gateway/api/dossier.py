"""The dossier of a loan application, for the bank it was sent to."""

from uuid import UUID

import orjson
from fastapi import Request, Response
from fastapi.responses import JSONResponse

from gateway.api.caller import reading_headers
from gateway.api.entrance import PASSES_ON
from gateway.api.part_read import DossierRead
from gateway.compose import dossier as compose
from gateway.upstream.part import Fetched
from shared.kernel.refusals import DEADLINE_EXCEEDED, NOT_FOUND, UNAVAILABLE
from shared.web.edge import edge, edge_router, refusals
from shared.web.problem import MEDIA_TYPE, problem_response

router = edge_router(tags=["composed"])


@router.get(
    "/loan-applications/{application_id}/dossier",
    response_model=DossierRead,
    responses=refusals(NOT_FOUND, DEADLINE_EXCEEDED),
    openapi_extra={PASSES_ON: "GET /v1/loan-applications/{application_id}/credit-file"},
)
@edge(scope="credit.application:read", row="bank", summary_zh="贷款申请卷宗", transaction=False)
async def read_dossier(application_id: UUID, request: Request) -> Response:
    """Read the credit file and the sheet of rights of an applicant, as far as its consent goes."""
    state = request.app.state
    composed = await compose.dossier(
        state.upstreams,
        application_id,
        headers=reading_headers(request.scope["headers"], request.scope["request_id"]),
        deadline_s=state.settings.part_deadline_ms / 1000,
    )
    if composed.refusal is not None:
        return _refused(request, composed.refusal)
    return JSONResponse(composed.body)


def _refused(request: Request, said: Fetched) -> Response:
    """Pass finance's own problem on; where it did not answer, say so in our words."""
    if said.status is None or said.status >= 500:  # noqa: PLR2004
        code = DEADLINE_EXCEEDED if said.fault == "deadline_exceeded" else UNAVAILABLE
        return problem_response(code, request=request, headers={"retry-after": "2"}, source=said.source)
    problem = {**(said.body or {}), "instance": request.url.path}
    return Response(orjson.dumps(problem), status_code=said.status, media_type=MEDIA_TYPE)
