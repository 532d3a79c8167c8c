"""The people who act for the caller's own body: who has a case, and to whom it may be handed over."""

from datetime import timedelta

from fastapi import Request, Response
from pydantic import BaseModel

from gateway.rules.account import subject_of
from gateway.store import account as store
from gateway.usecases.token import sign_colleague
from shared.kernel.shape import Read
from shared.web.answer import answered
from shared.web.edge import Tx, edge, edge_router

router = edge_router(tags=["composed"])


class ColleagueRead(Read):
    """A person of the caller's body; `to` is what a hand-over names, valid as long as an access token."""

    client_id: str
    name: str
    to: str


class ColleaguesRead(BaseModel):
    """Everybody who may sign in for the caller's body, the caller too."""

    items: list[ColleagueRead]


@router.get("/colleagues", response_model=ColleaguesRead)
@edge(scope="work.item:write", row="any", summary_zh="本单位人员")
async def list_colleagues(request: Request, tx: Tx) -> Response:
    """List the people who act for the caller's own body, by their logins; nobody sees those of another."""
    state = request.app.state
    settings, lifetime = state.settings, timedelta(seconds=state.settings.token_lifetime_s)
    items = [
        ColleagueRead(
            client_id=subject_of(one.id),
            name=one.name.reveal(),
            to=sign_colleague(
                state.keyring,
                one,
                issuer=settings.issuer,
                audience=settings.audience,
                now=tx.now,
                lifetime=lifetime,
            ),
        )
        for one in await store.colleagues(tx)
    ]
    return answered(ColleaguesRead(items=items))
