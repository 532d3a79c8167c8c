"""Descriptions of the whole suite: the joined OpenAPI document and every problem code."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from gateway.api.entrance import with_entrance
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND
from shared.web.edge import edge, edge_router

router = edge_router(prefix="", tags=["documents"])

GUIDE = """
一个入口：令牌、企业全景、贷款卷宗，以及四个服务的全部接口。
One entrance: tokens, the overview of an enterprise, the dossier of an application, and every route of four services.

**令牌 Tokens** — `POST /oauth2/token` (`grant_type=client_credentials`, HTTP Basic or body); ten
minutes, ES256, keys under `/.well-known/jwks.json`. Each route names its scope (`x-scope`) and
whose rows it shows (`x-row-scope`); another body's record is answered like an absent one: 404.

**幂等 Idempotency** — every POST that moves money or state needs `Idempotency-Key`. Same key, same
body: the stored answer with `Idempotency-Replayed: true`, kept seven days. Same key, another body:
422. Still running: 409 with `Retry-After`. A refusal is not stored: the same key is then evaluated
anew. After 409 (running), 429, 503 or 504 retry with the same key.

**拒绝 Refusals** — problem documents (RFC 9457) with a stable `code`, the field in
`errors[].pointer`, and in `detail` the way out; 默认中文, English by `Accept-Language`. Every code is
explained under `/problems/{code}`.

**分页 Paging** — `limit` ≤ 200 and the opaque `cursor` of the answer, also as `Link: rel="next"`; a
cursor belongs to its filter.

**版本 Versions** — `ETag` on records that change; send it as `If-Match` (412 if someone was faster, 428
without; `*` and lists are understood). Every read takes `If-None-Match`: 304 if nothing changed.

**参数 Parameters** — a parameter that is not known, or is given twice where one value is meant, is refused
by name. `HEAD` works wherever `GET` does; `OPTIONS` names the methods of an address.

**名称 Names** — `GET /v1/me` tells who you are and for whom you act; `GET /v1/code-book` tells in Chinese and
English what every field and every value is called (public, with ETag), `/console/code-book` is its page for people.

**单位 Units** — money in fen (`…_fen`), rates in parts per million (`…_ppm`), instants in UTC
(`…_at`), dates of Asia/Shanghai (`…_on`). `X-Request-Id` is echoed; quote it when you ask us.
"""


@router.get("/openapi.json", include_in_schema=False)
@edge(scope="public", row="any", summary_zh="接口描述", transaction=False)
async def read_openapi(request: Request) -> JSONResponse:
    """Give the joined OpenAPI document of all services."""
    app: FastAPI = request.app
    own: dict[str, Any] = app.openapi()
    joined = await app.state.catalogue.openapi(own, issuer=app.state.settings.issuer)
    return JSONResponse(with_entrance(joined, own))


@router.get("/problems/{code}", include_in_schema=False)
@edge(scope="public", row="any", summary_zh="错误代码说明", transaction=False)
async def read_problem(code: str, request: Request) -> JSONResponse:
    """Explain a problem code of the gateway or of any service."""
    own = request.app.state.problems.get(code)
    found = own or await request.app.state.catalogue.problem(code)
    if found is None:
        raise Refusal(NOT_FOUND, noun="problem")
    return JSONResponse(found)
