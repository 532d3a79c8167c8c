"""Runs one command: the operator's name in the audit row, one transaction, a refusal in both languages."""

import asyncio
import getpass
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from pydantic import ValidationError

from shared.db.engine import Busy, Database, DatabaseUnavailable
from shared.db.transaction import Reactions, Transaction
from shared.kernel.actor import Actor, Role
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Refusal
from shared.web.problem import texts

_NAME_LENGTH = 100
T = TypeVar("T")


class CommandError(Exception):
    """The command cannot be done; the message says why in both languages."""


def operator(role: Role = Role.SYSTEM) -> Actor:
    """Return who types the command, for the audit row: KECHUANG_OPERATOR, else the name of the login.

    Args:
        role: the role of the body for which the command is typed.
    """
    name = os.environ.get("KECHUANG_OPERATOR", "").strip() or getpass.getuser()
    return Actor(client_id=f"operator:{name[:_NAME_LENGTH]}", role=role)


async def in_transaction(
    url: str,
    service: str,
    work: Callable[[Transaction], Awaitable[T]],
    *,
    actor: Actor | None = None,
    reactions: Reactions | None = None,
    read_only: bool = False,
) -> T:
    """Do `work` in one transaction of the service's database and return what it returns.

    Args:
        url: address of the database.
        service: whose it is.
        work: what is done.
        actor: who acts; the operator unless told otherwise.
        reactions: what follows from the events of the service.
        read_only: whether nothing may be changed.

    Raises:
        Refusal: what the work refuses.
        DatabaseUnavailable: the database does not answer.
    """
    database = Database(url, service=service, pool_size=1, reactions=reactions)
    try:
        async with database.transaction(actor=actor or operator(), clock=SystemClock(), read_only=read_only) as tx:
            return await work(tx)
    finally:
        await database.close()


def told(work: Callable[[], Awaitable[Sequence[str]]]) -> int:
    """Do `work`, print the lines it returns, and return 0; say in both languages why it could not be done, return 1."""
    try:
        lines = asyncio.run(_awaited(work))
    except Refusal as refusal:
        return _failed(*(" ".join(texts(refusal.code, refusal.details, language)) for language in ("zh", "en")))
    except ValidationError as fault:
        return _failed(
            *(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in fault.errors(include_input=False))
        )
    except CommandError as fault:
        return _failed(str(fault))
    except (DatabaseUnavailable, Busy) as fault:
        return _failed(f"数据库不可用，请稍后再试 The database is not available, try again: {fault.__cause__ or fault}")
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


async def _awaited(work: Callable[[], Awaitable[Sequence[str]]]) -> Sequence[str]:
    return await work()


def _failed(*lines: str) -> int:
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    return 1
