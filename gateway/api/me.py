"""Who calls: what a token says of its holder, for people and for clients alike."""

from datetime import datetime

from fastapi import Request, Response
from pydantic import BaseModel, Field

from gateway.api.caller import reading_headers
from gateway.compose.body_name import body_name
from gateway.rules.account import CallerKind
from gateway.usecases import me as usecases
from gateway.usecases.session import limits_of
from shared.kernel.actor import Role, system_actor
from shared.kernel.clock import shanghai_date
from shared.kernel.unit import unit_on
from shared.web.answer import answered
from shared.web.edge import Caller, edge, edge_router
from shared.web.language import choose_language

router = edge_router(tags=["access"])


class MeRead(BaseModel):
    """Who calls, for which body, with which scopes, and until when."""

    subject: str
    kind: CallerKind
    name: str
    login: str | None
    role: Role
    party: str | None
    party_name: str | None
    unit_id: str | None
    unit_name: str | None
    scopes: list[str]
    language: str = Field(examples=["zh-CN"])
    token_expires_at: datetime
    session_ends_at: datetime | None
    missing: list[str] = Field(description="未答复的部分 / parts whose service did not answer")


@router.get("/me", response_model=MeRead)
@edge(scope="token", row="any", summary_zh="当前身份：本人、所代表单位与权限", transaction=False)
async def read_me(caller: Caller, request: Request) -> Response:
    """Read who you are, for whom you act, with which scopes and until when; any token opens it."""
    state = request.app.state
    told = state.verifier.told(request.headers["authorization"])
    party_name, away = await body_name(
        caller,
        state.upstreams,
        headers=reading_headers(request.scope["headers"], request.scope["request_id"]),
        deadline_s=state.settings.part_deadline_ms / 1000,
    )
    # Not the transaction of the call: none is held while a service is waited for.
    async with state.db.transaction(actor=system_actor("gateway"), clock=state.clock, read_only=True) as tx:
        known = await usecases.find(tx, caller.client_id, told.session_id, limits_of(state.settings))
    is_chinese = choose_language(request.headers.get("accept-language")) == "zh"
    unit = None if caller.unit_id is None else unit_on(caller.unit_id, shanghai_date(state.clock.now()))
    return answered(
        MeRead(
            subject=caller.client_id,
            kind=known.kind,
            name=known.name_zh if is_chinese else known.name_en,
            login=known.login,
            role=caller.role,
            party=caller.party,
            party_name=party_name,
            unit_id=caller.unit_id,
            unit_name=None if unit is None else unit.name_zh if is_chinese else unit.name_en,
            scopes=sorted(caller.scopes),
            language="zh-CN" if is_chinese else "en",
            token_expires_at=told.expires_at,
            session_ends_at=known.session_ends_at,
            missing=[] if away is None else [away],
        )
    )
