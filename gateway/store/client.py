"""Reads clients."""

from typing import Any

from sqlalchemy import Select, false, func
from sqlmodel import col, select

from gateway.models import Client
from gateway.rules.client_act import OPERATORS
from shared.db.keyset import ascending
from shared.db.lock import lock_transaction
from shared.db.selection import Selection, by_time
from shared.db.transaction import Transaction
from shared.kernel.sort import Sort


def _visible(tx: Transaction) -> Select[Any]:
    every = select(Client)
    return every if tx.actor.role in OPERATORS else every.where(false())


LIST = Selection(
    rows=_visible,
    sorts={Sort.CODE: ascending(col(Client.client_id)), **by_time(col(Client.created_at), col(Client.client_id))},
    same={"party": col(Client.party), "unit_id": col(Client.unit_id)},
    among={"status": col(Client.status), "role": col(Client.role)},
    found={"client_id": lambda text: col(Client.client_id).contains(text.casefold(), autoescape=True)},
)
"""What clients may be narrowed and sorted by."""


async def find(tx: Transaction, client_id: str) -> Client | None:
    """Return the client, or None."""
    return (await tx.session.execute(select(Client).where(Client.client_id == client_id))).scalar_one_or_none()


async def lock(tx: Transaction, client_id: str) -> Client | None:
    """Return the client under its row lock, or None; two that register one id wait for one another."""
    await lock_transaction(tx.session, "client", client_id)
    statement = select(Client).where(Client.client_id == client_id).with_for_update()
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def every(tx: Transaction) -> list[Client]:
    """Return all clients by id; there are some hundred at most."""
    return list((await tx.session.execute(select(Client).order_by(col(Client.client_id)))).scalars())


async def count_demo(tx: Transaction) -> int:
    """Return how many demo clients there are that may get tokens."""
    statement = select(func.count()).select_from(Client).where(col(Client.demo), Client.status == "ACTIVE")
    return int((await tx.session.execute(statement)).scalar_one())
