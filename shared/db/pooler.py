"""Poolers such as PgBouncer in transaction mode: each transaction may be given another session of the server.

That an address leads to one is a setting (`<SERVICE>_DATABASE_POOLER`), and is looked at when a process starts.
Migrations go to the server itself.
"""

import os
from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.engine import Database
from shared.db.transaction import Reactions

TRANSACTION = "transaction"


class PoolerUnnamed(Exception):  # noqa: N818  # says what is wrong
    """The address is that of a pooler and nobody said so: statements prepared in one session are missing in another."""


class OwnerBehindPooler(Exception):  # noqa: N818  # says what is wrong
    """A migration would go through a pooler."""


def setting_of(service: str) -> str:
    """Return the variable that says whether the address of a service is that of a pooler."""
    return f"{service.upper()}_DATABASE_POOLER"


def is_named(service: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether the settings call the address of `service` that of a pooler."""
    told = environment.get(setting_of(service)) or environment.get("KECHUANG_DATABASE_POOLER")
    return told == TRANSACTION


def database_for_command(url: str, service: str, *, pool_size: int = 1, reactions: Reactions | None = None) -> Database:
    """Return the database of a service for a command, which is told the pooler by the environment alone.

    Args:
        url: its address.
        service: whose it is.
        pool_size: connections kept.
        reactions: what follows from the events of the service.
    """
    return Database(url, service=service, pool_size=pool_size, reactions=reactions, is_pooled=is_named(service))


async def stands_between(connection: AsyncConnection) -> bool:
    """Tell whether a pooler answers in the server's place: it gives a number of its own for the session."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    told: int = driver.get_server_pid()
    return told != int((await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one())


async def refuse_unnamed_pooler(database: Database) -> None:
    """Refuse an address that leads through a pooler of which the settings say nothing.

    One that refuses our start-up parameters shows itself; one that was told to pass over them does not.

    Raises:
        PoolerUnnamed: there is one; the message says in both languages what to set.
        DatabaseUnavailable: the database does not answer.
    """
    if database.is_pooled:
        return
    with database.guard():
        async with database.engine.connect() as connection:
            if not await stands_between(connection):
                return
    setting = f"{setting_of(database.service)}={TRANSACTION}"
    raise PoolerUnnamed(
        f"the database address is that of a pooler: set {setting}\n数据库地址为连接池，请设置 {setting}"
    )


async def refuse_pooler(connection: AsyncConnection, service: str) -> None:
    """Refuse to migrate through a pooler.

    Raises:
        OwnerBehindPooler: there is one; the message says in both languages what to set.
    """
    if await stands_between(connection):
        raise OwnerBehindPooler(owner_words(service))


def owner_words(service: str) -> str:
    """Say what to set where the owner's address is that of a pooler."""
    setting = f"{service.upper()}_OWNER_DATABASE_URL"
    return (
        f"{setting} leads through a pooler: migrations need the address of the server itself\n"
        f"{setting} 指向连接池：迁移须使用数据库服务器的直接地址"
    )
