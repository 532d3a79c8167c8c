"""Registers clients, gives them new secrets, suspends them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from gateway.models import Client
from gateway.rules import client as rules
from gateway.rules.client import AccountStatus, ClientTerms
from gateway.rules.client_act import ClientStanding, resumable, suspendable
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


@dataclass(frozen=True, slots=True)
class DemoChange:
    """A demo client that is to be put, judged without a lock.

    Attributes:
        terms: what it becomes.
        secret_hash: the hash of its secret.
        seen_hash: the hash that was held when it was judged, None if there was no such client.
    """

    terms: ClientTerms
    secret_hash: str
    seen_hash: str | None


async def judge_demo_clients(held: Sequence[Client], clients: Sequence[DemoClient]) -> list[DemoChange]:
    """Return which demo clients are not what the launcher's file says.

    Secrets are slow to hash, on purpose: it is done before any lock is taken, or several processes that start at once
    would wait for one another longer than a lock may be waited for.
    """
    known = {one.client_id: one for one in held}
    changes = []
    for client in clients:
        before = known.get(client.client_id)
        terms = rules.admit(ClientTerms.model_validate(client.model_dump(exclude={"secret"})))
        if before is None or not (_is_same(before, terms) and await matches(client.secret, before.secret_hash)):
            seen = None if before is None else before.secret_hash
            changes.append(DemoChange(terms, await hash_secret(client.secret), seen))
    return changes


async def put_demo_clients(tx: Transaction, changes: Sequence[DemoChange], *, named: Collection[str]) -> None:
    """Make the demo clients what was judged; those that the launcher's file no longer names are suspended.

    A client that another process has put since it was judged stays as that left it: both read the same file.
    """
    for change in sorted(changes, key=lambda one: one.terms.client_id):
        held = await store.lock(tx, change.terms.client_id)
        if (None if held is None else held.secret_hash) == change.seen_hash:
            _put(tx, held, change.terms, secret_hash=change.secret_hash, demo=True)
    for held in await store.every(tx):
        if held.demo and held.client_id not in named and held.status is AccountStatus.ACTIVE:
            _set_status(tx, held, AccountStatus.SUSPENDED)


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
    found = [one for one in await store.every(tx) if one.demo and one.status is AccountStatus.ACTIVE]
    for one in found:
        _set_status(tx, one, AccountStatus.SUSPENDED)
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


async def set_status(tx: Transaction, client_id: str, status: AccountStatus) -> None:
    """Suspend a client or let it back in; tokens it holds end within ten minutes.

    Raises:
        Refusal: `not_found`.
    """
    _set_status(tx, await _held(tx, client_id), status)


def standing(tx: Transaction, held: Client) -> ClientStanding:
    """Return how a client stands to who asks."""
    return ClientStanding(held.status, is_own=held.client_id == tx.actor.client_id)


async def read(tx: Transaction, client_id: str) -> Client:
    """Return a client.

    Raises:
        Refusal: `not_found`.
    """
    held = await store.find(tx, client_id)
    if held is None:
        raise Refusal(NOT_FOUND, noun="client")
    return held


async def suspend(tx: Transaction, client_id: str, *, reason: str) -> Client:
    """Shut a client out for a reason that the audit keeps; tokens it holds end within ten minutes.

    Raises:
        Refusal: `not_found`, `client_is_own`, `client_state_conflict`.
    """
    held = await _held(tx, client_id)
    suspendable(standing(tx, held))
    _set_status(tx, held, AccountStatus.SUSPENDED, reason=reason)
    return held


async def resume(tx: Transaction, client_id: str) -> Client:
    """Let a client in again.

    Raises:
        Refusal: `not_found`, `client_state_conflict`.
    """
    held = await _held(tx, client_id)
    resumable(standing(tx, held))
    _set_status(tx, held, AccountStatus.ACTIVE)
    return held


async def every(tx: Transaction) -> list[Client]:
    """Return all clients."""
    return await store.every(tx)


async def _held(tx: Transaction, client_id: str) -> Client:
    held = await store.lock(tx, client_id)
    if held is None:
        raise Refusal(NOT_FOUND, noun="client")
    return held


def _is_same(held: Client, terms: ClientTerms) -> bool:
    return held.demo and held.status is AccountStatus.ACTIVE and _terms_of(held) == terms


def _terms_of(held: Client) -> ClientTerms:
    return ClientTerms.of_row(held)


def _put(tx: Transaction, held: Client | None, terms: ClientTerms, *, secret_hash: str, demo: bool) -> None:
    values = {**terms.model_dump(), "secret_hash": secret_hash, "demo": demo, "status": AccountStatus.ACTIVE}
    if held is None:
        held = Client.model_validate({**values, "created_at": tx.now, "changed_at": tx.now})
        tx.session.add(held)
    else:
        for name, value in values.items():
            setattr(held, name, value)
    _touch(tx, held, "client.registered")


def _set_status(tx: Transaction, held: Client, status: AccountStatus, *, reason: str = "") -> None:
    held.status = status
    _touch(tx, held, f"client.{status.value.lower()}", reason=reason)


def _touch(tx: Transaction, held: Client, action: str, *, reason: str = "") -> None:
    held.version += 1
    held.changed_at = tx.now
    detail = {"scopes": held.scopes, "demo": held.demo, **({"reason": reason} if reason else {})}
    tx.audit(action, subject=f"client/{held.client_id}", detail=detail)
    tx.emit(ClientChanged.of(held))
