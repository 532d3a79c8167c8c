"""The statements of one call, taken down while the product's own code does it, to be done again by asyncpg alone."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from uuid import UUID

import asyncpg

from deploy.embedded.clients import read_clients
from deploy.embedded.suite import Suite
from shared.kernel.actor import Role
from shared.kernel.clock import SystemClock
from shared.kernel.ids import new_id
from tests.support.heard import heard
from tests.support.service import RunningService, attach, settings_class_of, settings_for_test
from tests.support.suite import LaunchedSuite

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
Values = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one call did, statement by statement.

    Attributes:
        statements: in their order, with the driver's own placeholders.
        values: of each statement.
        names: of the values of each statement that has any.
        fresh: ids that only this call made; each repetition makes its own.
    """

    statements: tuple[str, ...]
    values: tuple[tuple[Any, ...], ...]
    names: tuple[tuple[str, ...], ...]
    fresh: tuple[str, ...]

    def filler(self, own: dict[str, str]) -> Callable[[], Values]:
        """Return what gives the values of one repetition: fresh ids for fresh ones, `own` words for the call's."""
        settled = [tuple(_replaced(one, own) for one in row) for row in self.values]

        def fill() -> Values:
            swap = {old: str(new_id()) for old in self.fresh}
            # A reference is compared by its key, which is in capitals.
            swap |= {old.upper(): new.upper() for old, new in swap.items()}
            return [tuple(_replaced(one, swap) for one in row) for row in settled]

        return fill

    async def repeat(self, connection: "asyncpg.Connection[asyncpg.Record]", values: Values) -> None:
        """Do the statements once more, each its own transaction as in the product.

        A statement that names versions is given those that the one before it read, and a lock of its own.
        """
        read: dict[str, Any] = {}
        for statement, given, names in zip(self.statements, values, self.names, strict=True):
            fitted = [_fitted(name, value, read) for name, value in zip(names, given, strict=True)]
            row = await connection.fetchrow(statement, *fitted)
            read = dict(row) if row is not None else {}
        if not read.get("is_made"):
            raise RuntimeError("a repetition changed nothing: it costs less than what it stands for")


def _fitted(name: str, value: Any, read: dict[str, Any]) -> Any:
    if name == "turn_number":
        return secrets.randbits(62)
    return (read[name] or 0) if name.endswith("_version") and name in read else value


def _replaced(value: Any, swap: dict[str, str]) -> Any:
    if isinstance(value, UUID):
        text = str(value)
        return UUID(swap[text]) if text in swap else value
    if isinstance(value, str):
        for old, new in swap.items():
            value = value.replace(old, new)
    return value


async def record(suite: LaunchedSuite, *, client: str, target: str, body: Callable[[], dict[str, object]]) -> Recorded:
    """Do one call in this process on the suite's own database and take its statements down.

    Two calls are made: what differs between them beyond their ids would be a mistake, and what is the same in both is
    no fresh id.
    """
    module = import_module("services.finance.app")
    given = {one["client_id"]: one for one in read_clients(suite.settings)}[client]
    key = Suite(suite.settings).environment("finance")["FINANCE_PERSONAL_DATA_KEY"]
    settings = settings_for_test(settings_class_of("finance"), suite.database_url("finance"), personal_data_key=key)
    app = module.create_app(settings)
    clock = SystemClock()
    attach(app, clock)  # type: ignore[arg-type]  # any clock will do
    seen: list[tuple[str, tuple[Any, ...], tuple[str, ...]]] = []
    engine = app.state.db.engine.sync_engine

    def note(statement: str, values: tuple[Any, ...], names: tuple[str, ...]) -> None:
        seen.append((statement, values, names))

    async with app.router.lifespan_context(app):
        service = RunningService(name="finance", app=app, clock=clock, database_url="", _stack=None)  # type: ignore[arg-type]
        http = service.client(
            Role(given["role"]), party=given["party"], unit=given["unit_id"], scopes=given["scopes"], client_id=client
        )
        takes = []
        for _ in range(3):  # the first one also fills caches
            seen.clear()
            with heard(engine, note):
                answer = await http.post(target, json=body())
            if answer.status_code != 201:
                raise RuntimeError(f"the call to be recorded failed: {answer.text}")
            takes.append(list(seen))
        await http.aclose()
    before, last = takes[-2:]
    if [one for one, *_ in before] != [one for one, *_ in last]:
        raise RuntimeError(f"two calls of {target} did not do the same statements")
    if not all(names for _, _, names in last):
        raise RuntimeError(f"{target} is no call of one read and one statement any more")
    fresh = set(_ID.findall(repr(last))) - set(_ID.findall(repr(before)))
    return Recorded(
        tuple(one for one, _, _ in last),
        tuple(values for _, values, _ in last),
        tuple(names for _, _, names in last),
        tuple(sorted(fresh)),
    )
