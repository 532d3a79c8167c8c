"""Registers clients, gives them new secrets, suspends them."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from gateway.models import Client
from gateway.rules import client as rules
from gateway.rules.client import ClientStatus, ClientTerms
from gateway.store import client as store
from gateway.usecases.client_secret import hash_secret, matches, new_secret
from shared.db.transaction import Transaction
from shared.events.gateway import ClientChanged
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND


class DemoClientsPresentError(Exception):
    """Demo clients can get tokens although the demo is off; the gateway must not start."""


class DemoClient(ClientTerms):
    """A client of the demo with the secret that the launcher made."""

    secret: Annotated[str, Field(min_length=16, max_length=256)]


async def register(tx: Transaction, terms: ClientTerms) -> str:
    """Register a client and return its secret, which is shown this once.

    Raises:
        Refusal: `client_exists`, and what `rules.client.onboard` refuses.
    """
    if await store.lock(tx, terms.client_id) is not None:
        raise Refusal(rules.CLIENT_EXISTS, pointer="/client_id")
    secret = new_secret()
    _put(tx, None, rules.onboard(terms, tx.today), secret_hash=await hash_secret(secret), demo=False)
    return secret


async def put_demo_clients(tx: Transaction, clients: Sequence[DemoClient]) -> None:
    """Make the demo clients what the launcher's file says; those it no longer names are suspended."""
    named = {client.client_id for client in clients}
    for client in clients:
        held = await store.lock(tx, client.client_id)
        terms = rules.admit(ClientTerms.model_validate(client.model_dump(exclude={"secret"})))
        if held is not None and _is_same(held, terms) and await matches(client.secret, held.secret_hash):
            continue
        _put(tx, held, terms, secret_hash=await hash_secret(client.secret), demo=True)
    for held in await store.every(tx):
        if held.demo and held.client_id not in named and held.status is ClientStatus.ACTIVE:
            _set_status(tx, held, ClientStatus.SUSPENDED)


async def refuse_demo_clients(tx: Transaction) -> None:
    """Make sure that no demo client can get a token.

    Raises:
        DemoClientsPresentError: one can.
    """
    count = await store.count_demo(tx)
    if count:
        raise DemoClientsPresentError(
            f"{count} demo clients can still get tokens: suspend them with `kechuang client suspend-demo`, "
            "or start with GATEWAY_DEMO_CLIENTS"
        )


async def suspend_demo_clients(tx: Transaction) -> int:
    """Suspend every demo client; return how many were."""
    found = [one for one in await store.every(tx) if one.demo and one.status is ClientStatus.ACTIVE]
    for one in found:
        _set_status(tx, one, ClientStatus.SUSPENDED)
    return len(found)


async def renew_secret(tx: Transaction, client_id: str) -> str:
    """Give a client a new secret; the old one ends at once.

    Raises:
        Refusal: `not_found`.
    """
    held = await _held(tx, client_id)
    secret = new_secret()
    held.secret_hash = await hash_secret(secret)
    _touch(tx, held, "client.secret_renewed")
    return secret


async def set_status(tx: Transaction, client_id: str, status: ClientStatus) -> None:
    """Suspend a client or let it back in; tokens it holds end within ten minutes.

    Raises:
        Refusal: `not_found`.
    """
    _set_status(tx, await _held(tx, client_id), status)


async def every(tx: Transaction) -> list[Client]:
    """Return all clients."""
    return await store.every(tx)


async def _held(tx: Transaction, client_id: str) -> Client:
    held = await store.lock(tx, client_id)
    if held is None:
        raise Refusal(NOT_FOUND, noun="client")
    return held


def _is_same(held: Client, terms: ClientTerms) -> bool:
    return held.demo and held.status is ClientStatus.ACTIVE and _terms_of(held) == terms


def _terms_of(held: Client) -> ClientTerms:
    return ClientTerms.model_validate({name: getattr(held, name) for name in ClientTerms.model_fields})


def _put(tx: Transaction, held: Client | None, terms: ClientTerms, *, secret_hash: str, demo: bool) -> None:
    values = {**terms.model_dump(), "secret_hash": secret_hash, "demo": demo, "status": ClientStatus.ACTIVE}
    if held is None:
        held = Client.model_validate({**values, "created_at": tx.now, "changed_at": tx.now})
        tx.session.add(held)
    else:
        for name, value in values.items():
            setattr(held, name, value)
    _touch(tx, held, "client.registered")


def _set_status(tx: Transaction, held: Client, status: ClientStatus) -> None:
    held.status = status
    _touch(tx, held, f"client.{status.value.lower()}")


def _touch(tx: Transaction, held: Client, action: str) -> None:
    held.version += 1
    held.changed_at = tx.now
    tx.audit(action, subject=f"client/{held.client_id}", detail={"scopes": held.scopes, "demo": held.demo})
    tx.emit(ClientChanged.of(held))
