"""The audit over all services, and the people that it speaks of: for the auditor alone."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from gateway.api.caller import reading_headers
from gateway.compose import audit as compose
from gateway.models import metadata
from gateway.rules.account import subject_of
from gateway.store import account as store
from shared.db.audit_record import AUDITORS, audit_list
from shared.db.selection import Chosen
from shared.kernel.refusals import FORBIDDEN_ROLE
from shared.kernel.shape import Read
from shared.kernel.types import CodeText, ShortText
from shared.web.answer import answered
from shared.web.audit import SCOPE, AuditEntryRead
from shared.web.edge import Caller, Tx, edge, edge_router, refusals
from shared.web.selection import chosen_from

router = edge_router(tags=["audit"])
_MOST = 200
_MOST_PEOPLE = 200
Wanted = Annotated[Chosen, Depends(chosen_from(audit_list(metadata), sorted_too=False))]
"""What every audit may be narrowed by; numbers of cases are known to some services alone."""


class JoinedAuditEntryRead(AuditEntryRead):
    """One row with the service in whose audit it stands."""

    service: str


class AuditRead(BaseModel):
    """The newest rows of all services; the whole audit of each stands in its service."""

    items: list[JoinedAuditEntryRead]
    has_more: bool
    complete: bool
    missing: list[str] = Field(description="未答复的部分 / parts whose service did not answer")


class PersonNamedRead(Read):
    """A person that the audit names by an id."""

    client_id: str
    login: str
    name: str


class PeopleNamedRead(BaseModel):
    """The people that were asked for; who is no person of ours is left out."""

    items: list[PersonNamedRead]


@router.get("/audit", response_model=AuditRead, responses=refusals(FORBIDDEN_ROLE))
@edge(scope=SCOPE, row="any", summary_zh="全部服务的操作留痕", transaction=False)
async def read_audit(
    caller: Caller,
    request: Request,
    chosen: Wanted,
    case_no: Annotated[CodeText | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=_MOST, description="每页条数 / rows per page")] = 50,
) -> Response:
    """Read who did or read what over all services, newest first; each service keeps that it was asked."""
    caller.must_be(AUDITORS)
    asked = {**chosen.values, **({"case_no": case_no} if case_no else {})}
    state = request.app.state
    composed = await compose.audit(
        state.upstreams,
        asked=[(name, str(value)) for name, value in asked.items()],
        limit=limit,
        headers=reading_headers(request.scope["headers"], request.scope["request_id"]),
        deadline_s=state.settings.part_deadline_ms / 1000,
    )
    return JSONResponse(composed)


@router.get("/audit/people", response_model=PeopleNamedRead, responses=refusals(FORBIDDEN_ROLE))
@edge(scope=SCOPE, row="any", summary_zh="留痕所涉人员", audited=True)
async def read_people(
    tx: Tx,
    client_id: Annotated[list[ShortText] | None, Query(max_length=_MOST_PEOPLE)] = None,
    login: Annotated[ShortText | None, Query()] = None,
) -> Response:
    """Read the names of people that the audit names by their ids, or who has a login; the look is kept."""
    tx.actor.must_be(AUDITORS)
    found = await store.named(tx, subjects=client_id or (), login=login)
    items = [PersonNamedRead(client_id=subject_of(one.id), login=one.login, name=one.name.reveal()) for one in found]
    tx.audit("account.name_read", subject="audit/gateway", detail={"people": [one.client_id for one in items]})
    return answered(PeopleNamedRead(items=items))
