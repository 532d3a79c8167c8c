"""Clients over HTTP, for the operator: who may call, shut out and let in, new secrets; as `kechuang client` does it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Path, Response

from gateway.models import Client
from gateway.rules import client_act as act_rules
from gateway.rules.client import AccountStatus
from gateway.store import client as store
from gateway.usecases import client as usecases
from shared.db.selection import Chosen
from shared.kernel.action import ActionRead, actions
from shared.kernel.actor import Role
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND
from shared.kernel.shape import Read, Shape
from shared.kernel.types import ShortText
from shared.web.answer import ShownOnce, answered
from shared.web.counts import add_counts
from shared.web.edge import Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

router = edge_router(tags=["access"])
COLUMNS = columns("client_id", "title_zh", "role", "party", "unit_id", "status", "demo", "created_at", "changed_at")
Wanted = Annotated[Chosen, Depends(chosen_from(store.LIST))]
ClientName = Annotated[ShortText, Path(min_length=1, max_length=64)]
add_counts(router, store.LIST, noun="clients", scope="access.client:read", row="any", title="客户端")


class ClientListed(Read):
    """A client in a list."""

    client_id: str
    title_zh: str
    title_en: str
    role: Role
    party: str | None
    unit_id: str | None
    status: AccountStatus
    demo: bool
    created_at: datetime
    changed_at: datetime


class ClientRead(ClientListed):
    """A client with its scopes, and what the reader may do with it now."""

    scopes: list[str]
    version: int
    actions: list[ActionRead]


class ClientWithSecret(ClientRead):
    """A client whose new secret is shown in this answer alone; null where the call is repeated."""

    secret: str | None


class ClientSuspension(Shape):
    """Why a client is shut out; it stands in the audit."""

    reason: ShortText


def _read(tx: Tx, held: Client) -> ClientRead:
    offered = actions(act_rules.ACTS, usecases.standing(tx, held), tx.actor, {Role.OPERATOR: None})
    return ClientRead.of(held, actions=offered)


async def _listed(_tx: Tx, rows: Sequence[Client]) -> list[ClientListed]:
    return [ClientListed.of(row) for row in rows]


@router.get("/clients", response_model=PageOf[ClientListed], responses=refusals(FORBIDDEN_ROLE))
@edge(scope="access.client:read", row="any", summary_zh="客户端清单")
async def list_clients(paging: Paging, tx: Tx, wanted: Wanted) -> Response:
    """List the clients that may call, by their ids."""
    tx.actor.must_be(act_rules.OPERATORS)
    found = await store.LIST.page(tx, wanted, paging.wanted())
    return page(paging, await _listed(tx, found.rows), found.next_key)


@router.get("/exports/clients.{file_format}", response_class=Response, responses={**TABLE, **refusals(FORBIDDEN_ROLE)})
@edge(scope="access.client:read", row="any", summary_zh="导出客户端清单", audited=True)
async def export_clients(file_format: Format, tx: Tx, wanted: Wanted) -> Response:
    """Export what a list of clients with the same filters would show, as CSV or XLSX."""
    tx.actor.must_be(act_rules.OPERATORS)
    return await export_list(
        tx,
        store.LIST.batches(tx, wanted),
        lambda rows: _listed(tx, rows),
        COLUMNS,
        format=file_format,
        noun="clients",
        title="客户端",
    )


@router.get("/clients/{client_id}", response_model=ClientRead, responses=refusals(FORBIDDEN_ROLE, NOT_FOUND))
@edge(scope="access.client:read", row="any", summary_zh="查看客户端")
async def read_client(client_id: ClientName, tx: Tx) -> Response:
    """Read a client with its scopes."""
    tx.actor.must_be(act_rules.OPERATORS)
    return answered(_read(tx, await usecases.read(tx, client_id)))


@router.post(
    "/clients/{client_id}:suspend",
    response_model=ClientRead,
    responses=refusals(FORBIDDEN_ROLE, NOT_FOUND, act_rules.CLIENT_IS_OWN, act_rules.CLIENT_STATE_CONFLICT),
)
@edge(scope="access.client:write", row="any", summary_zh="停用客户端")
async def suspend_client(client_id: ClientName, body: ClientSuspension, tx: Tx) -> Response:
    """Give a client no more tokens; those that it holds end within ten minutes."""
    tx.actor.must_be(act_rules.OPERATORS)
    return answered(_read(tx, await usecases.suspend(tx, client_id, reason=body.reason)))


@router.post(
    "/clients/{client_id}:resume",
    response_model=ClientRead,
    responses=refusals(FORBIDDEN_ROLE, NOT_FOUND, act_rules.CLIENT_STATE_CONFLICT),
)
@edge(scope="access.client:write", row="any", summary_zh="恢复使用客户端")
async def resume_client(client_id: ClientName, tx: Tx) -> Response:
    """Let a client get tokens again."""
    tx.actor.must_be(act_rules.OPERATORS)
    return answered(_read(tx, await usecases.resume(tx, client_id)))


@router.post(
    "/clients/{client_id}:renew-secret",
    response_model=ClientWithSecret,
    responses=refusals(FORBIDDEN_ROLE, NOT_FOUND),
)
@edge(scope="access.client:write", row="any", summary_zh="更换客户端密钥；新密钥仅显示一次")
async def renew_client_secret(client_id: ClientName, tx: Tx) -> Response:
    """Give a client a new secret, shown in this answer alone; the old one ends at once."""
    tx.actor.must_be(act_rules.OPERATORS)
    secret = await usecases.renew_secret(tx, client_id)
    read = _read(tx, await usecases.read(tx, client_id))
    shown, kept = (answered(ClientWithSecret.of(read, secret=one)) for one in (secret, None))
    return ShownOnce(shown, kept)
