"""Runs one command: the operator's name in the audit row, one transaction, a refusal in both languages."""

import asyncio
import getpass
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from pydantic import ValidationError

from shared.db.engine import Busy, DatabaseUnavailable
from shared.db.pooler import database_for_command
from shared.db.transaction import Reactions, Transaction
from shared.kernel.actor import Actor, Role
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Refusal
from shared.kernel.office_date import read_date
from shared.web.field_message import field_message
from shared.web.language import Language
from shared.web.problem import texts

_NAME_LENGTH = 100
_LANGUAGES: tuple[Language, Language] = ("zh", "en")
T = TypeVar("T")


DRY_RUN = "试运行：已核对，未保存 dry run: checked, nothing was saved"


class CommandError(Exception):
    """The command cannot be done; the message says why in both languages."""


class _DryRunDone(Exception):  # noqa: N818  # says what happened
    """The work was done up to its end, and is now undone."""


def operator(role: Role = Role.SYSTEM) -> Actor:
    """Return who types the command, for the audit row: KECHUANG_OPERATOR, else the name of the login.

    Args:
        role: the role of the body for which the command is typed.
    """
    name = os.environ.get("KECHUANG_OPERATOR", "").strip() or getpass.getuser()
    return Actor(client_id=f"operator:{name[:_NAME_LENGTH]}", role=role)


def database_url(service: str) -> str:
    """Return the address of a service's database, from `<SERVICE>_DATABASE_URL`.

    Raises:
        CommandError: it is not set.
    """
    name = f"{service.upper()}_DATABASE_URL"
    url = os.environ.get(name)
    if url is None:
        raise CommandError(f"缺少设置 {name} is not set")
    return url


def _undo() -> None:
    """End a transaction so that nothing of it stays."""
    raise _DryRunDone


def day_of(text: str) -> date:
    """Return a day that was typed, in any form that offices write.

    Raises:
        CommandError: it is none.
    """
    found = read_date(text)
    if found is None:
        raise CommandError("应为日期，如 2026-11-23 must be a date such as 2026-11-23")
    return found


async def in_transaction(
    url: str,
    service: str,
    work: Callable[[Transaction], Awaitable[T]],
    *,
    actor: Actor | None = None,
    reactions: Reactions | None = None,
    read_only: bool = False,
    dry_run: bool = False,
) -> T:
    """Do `work` in one transaction of the service's database and return what it returns.

    Args:
        url: address of the database.
        service: whose it is.
        work: what is done.
        actor: who acts; the operator unless told otherwise.
        reactions: what follows from the events of the service.
        read_only: whether nothing may be changed.
        dry_run: whether everything is undone at the end: what would be refused is refused, nothing is kept.

    Raises:
        Refusal: what the work refuses.
        DatabaseUnavailable: the database does not answer.
    """
    database = database_for_command(url, service, reactions=reactions)
    done: list[T] = []
    try:
        async with database.transaction(actor=actor or operator(), clock=SystemClock(), read_only=read_only) as tx:
            done.append(await work(tx))
            if dry_run:
                # What the database refuses, it refuses now.
                await tx.session.flush()
                _undo()
    except _DryRunDone:
        pass
    finally:
        await database.close()
    return done[0]


def told(work: Callable[[], Awaitable[Sequence[str]]]) -> int:
    """Do `work`, print the lines it returns, and return 0; say in both languages why it could not be done, return 1."""
    try:
        lines = asyncio.run(_awaited(work))
    except Refusal as refusal:
        return _failed(*(" ".join(texts(refusal.code, refusal.details, language)) for language in _LANGUAGES))
    except ValidationError as fault:
        # What was typed is not repeated: it may be personal.
        return _failed(*(_fault(one) for one in fault.errors(include_input=False, include_url=False)))
    except CommandError as fault:
        return _failed(str(fault))
    except (DatabaseUnavailable, Busy) as fault:
        if fault.args:  # words for the operator: trying again would not help
            return _failed(str(fault))
        return _failed(f"数据库不可用，请稍后再试 The database is not available, try again: {fault.__cause__ or fault}")
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


async def _awaited(work: Callable[[], Awaitable[Sequence[str]]]) -> Sequence[str]:
    return await work()


def _fault(one: Mapping[str, Any]) -> str:
    place, words = ".".join(map(str, one["loc"])), one.get("ctx", {})
    zh, en = (field_message(one["type"], words, one["msg"], language) for language in _LANGUAGES)
    return f"{place}: {zh} {en}"


def _failed(*lines: str) -> int:
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    return 1
