"""The suite as its operator sees it: keys and their times, and what each service says of itself."""

import asyncio
from datetime import datetime

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from gateway.compose.suite import health
from gateway.rules.client_act import OPERATORS
from gateway.usecases import signing_key as usecases
from shared.events.trust import Trust
from shared.kernel.refusals import FORBIDDEN_ROLE
from shared.kernel.shape import Read
from shared.web.answer import answered
from shared.web.edge import Caller, Tx, edge, edge_router, refusals

router = edge_router(tags=["operations"])


class SigningKeyRead(Read):
    """A key that signs tokens: from when until when; nobody is shown its private part."""

    kid: str
    status: str
    signs_from_at: datetime
    signs_until_at: datetime


class SigningKeysRead(BaseModel):
    """Every key that signed, signs or will sign, oldest first."""

    items: list[SigningKeyRead]


class EventKeyRead(Read):
    """A public key by which a service's events are believed, and since when until when; open where no end is set."""

    key_id: str
    service: str
    valid_from_at: datetime | None
    valid_until_at: datetime | None


class EventKeysRead(BaseModel):
    """The public keys of all publishers, by service."""

    items: list[EventKeyRead]


class ServiceHealthRead(BaseModel):
    """What a service says of itself: its checks by name (`ok` or what is wrong), and what somebody should look at."""

    service: str
    is_ready: bool
    is_away: bool
    checks: dict[str, str]
    warnings: list[str]


class SuiteHealthRead(BaseModel):
    """Every service behind the gateway, by name."""

    items: list[ServiceHealthRead]


@router.get("/signing-keys", response_model=SigningKeysRead, responses=refusals(FORBIDDEN_ROLE))
@edge(scope="operation.suite:read", row="any", summary_zh="令牌签名密钥：状态与时间")
async def list_signing_keys(tx: Tx) -> Response:
    """List the keys that sign tokens with their times."""
    tx.actor.must_be(OPERATORS)
    return answered(SigningKeysRead(items=[SigningKeyRead.of(one) for one in await usecases.every(tx)]))


@router.get("/event-keys", response_model=EventKeysRead, responses=refusals(FORBIDDEN_ROLE))
@edge(scope="operation.suite:read", row="any", summary_zh="事件签名公钥：所属服务与时间", transaction=False)
async def list_event_keys(caller: Caller, request: Request) -> Response:
    """List the public keys by which events are believed; none where the file is not named."""
    caller.must_be(OPERATORS)
    path = request.app.state.settings.event_keys_file
    keys = {} if path is None else (await asyncio.to_thread(Trust, path)).keys
    items = [
        EventKeyRead(key_id=key_id, service=one.service, valid_from_at=one.valid_from, valid_until_at=one.valid_until)
        for key_id, one in sorted(keys.items(), key=lambda pair: (pair[1].service, pair[0]))
    ]
    return answered(EventKeysRead(items=items))


@router.get("/suite-health", response_model=SuiteHealthRead, responses=refusals(FORBIDDEN_ROLE))
@edge(scope="operation.suite:read", row="any", summary_zh="各服务的运行状况", transaction=False)
async def read_suite_health(caller: Caller, request: Request) -> Response:
    """Read what each service says of itself now; one that does not answer is named as away."""
    caller.must_be(OPERATORS)
    state = request.app.state
    rows = await health(state.upstreams, deadline_s=state.settings.part_deadline_ms / 1000)
    return JSONResponse({"items": rows})
