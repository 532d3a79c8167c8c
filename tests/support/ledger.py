"""Planting a wrong number in a database and asking what `make verify` asks, with nothing left of it."""

from collections.abc import Mapping, Sequence

from sqlalchemy import text

from shared.db.engine import Database
from shared.db.verification import Check, Walk, asked
from shared.kernel.actor import system_actor
from tests.support.service import RunningService


class _Undone(Exception):  # noqa: N818  # says what happens
    """What was planted is taken back."""


def _undo() -> None:
    raise _Undone


async def found_after(service: RunningService, ledgers: Sequence[Check | Walk], planted: str = "SELECT 1") -> set[str]:
    """Return the English words of each question that finds something once `planted` has been done; then undo it."""
    database = Database(service.administrator_url, service=service.name, pool_size=1)
    found: set[str] = set()
    try:
        async with database.transaction(actor=system_actor(service.name), clock=service.clock) as tx:
            await tx.session.execute(text("SET LOCAL session_replication_role = replica"))
            await tx.session.execute(text(planted))
            found = {one.check.en for one in await asked(tx, ledgers) if one.count}
            _undo()
    except _Undone:
        return found
    finally:
        await database.close()


async def each_is_found(service: RunningService, ledgers: Sequence[Check | Walk], planted: Mapping[str, str]) -> None:
    """Hold that nothing is wrong, that each planted number is found by its own question, and none is without one."""
    assert await found_after(service, ledgers) == set()
    words = {next(one.en for one in ledgers if one.en.startswith(start)) for start in planted}
    assert words == {one.en for one in ledgers}, "a question whose fault is not planted"
    for start, statement in planted.items():
        found = await found_after(service, ledgers, statement)
        assert any(name.startswith(start) for name in found), (start, found)
