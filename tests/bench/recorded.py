"""The statements of one call, taken down while the product's own code does it, to be done again by asyncpg alone."""

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from uuid import UUID

from sqlalchemy import event

from deploy.embedded.clients import read_clients
from deploy.embedded.suite import Suite
from shared.kernel.actor import Role
from shared.kernel.clock import SystemClock
from shared.kernel.ids import new_id
from tests.support.service import RunningService, attach, settings_class_of, settings_for_test
from tests.support.suite import LaunchedSuite

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_EPOCH = 1_700_000_000
Values = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one call did between BEGIN and COMMIT.

    Attributes:
        statements: in their order, with the driver's own placeholders.
        values: of each statement.
        fresh: ids that only this call made; each repetition makes its own.
        counters: numbers that a call counts on from what it read, so that a repetition must not write them again.
    """

    statements: tuple[str, ...]
    values: tuple[tuple[Any, ...], ...]
    fresh: tuple[str, ...]
    counters: frozenset[int] = frozenset()

    def filler(self, own: dict[str, str]) -> Callable[[], Values]:
        """Return what gives the values of one repetition: fresh ids for fresh ones, `own` words for the call's."""
        settled = [tuple(_replaced(one, own) for one in row) for row in self.values]

        def fill() -> Values:
            swap = {old: str(new_id()) for old in self.fresh}
            # A reference is compared by its key, which is in capitals.
            swap |= {old.upper(): new.upper() for old, new in swap.items()}
            # Above every number that the service itself has counted to, and rising.
            base = int((time.time() - _EPOCH) * 100_000) if self.counters else 0
            return [
                tuple(
                    self._number(statement, one, base) if isinstance(one, int) else _replaced(one, swap) for one in row
                )
                for statement, row in zip(self.statements, settled, strict=True)
            ]

        return fill

    def _number(self, statement: str, value: int, base: int) -> int:
        if "advisory" in statement:
            return secrets.randbits(62)
        return base + value if value in self.counters and not isinstance(value, bool) else value


def _replaced(value: Any, swap: dict[str, str]) -> Any:
    if isinstance(value, UUID):
        text = str(value)
        return UUID(swap[text]) if text in swap else value
    if isinstance(value, str):
        for old, new in swap.items():
            value = value.replace(old, new)
    return value


async def record(
    suite: LaunchedSuite, *, client: str, target: str, body: Callable[[], dict[str, object]], counts: bool
) -> Recorded:
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
    seen: list[tuple[str, tuple[Any, ...]]] = []
    engine = app.state.db.engine.sync_engine

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        seen.append((statement, tuple(values)))

    async with app.router.lifespan_context(app):
        service = RunningService(name="finance", app=app, clock=clock, database_url="", _stack=None)  # type: ignore[arg-type]
        http = service.client(
            Role(given["role"]), party=given["party"], unit=given["unit_id"], scopes=given["scopes"], client_id=client
        )
        takes = []
        for _ in range(3):  # the first one also fills caches
            seen.clear()
            event.listen(engine, "before_cursor_execute", note)
            answer = await http.post(target, json=body())
            event.remove(engine, "before_cursor_execute", note)
            if answer.status_code != 201:
                raise RuntimeError(f"the call to be recorded failed: {answer.text}")
            takes.append(list(seen))
        await http.aclose()
    before, last = takes[-2:]
    if [one for one, _ in before] != [one for one, _ in last]:
        raise RuntimeError(f"two calls of {target} did not do the same statements")
    fresh = set(_ID.findall(repr(last))) - set(_ID.findall(repr(before)))
    pairs = [pair for row, was in zip(last, before, strict=True) for pair in zip(row[1], was[1], strict=True)]
    counted = {now for now, was in pairs if isinstance(now, int) and isinstance(was, int) and now == was + 1}
    return Recorded(
        tuple(one for one, _ in last),
        tuple(values for _, values in last),
        tuple(sorted(fresh)),
        frozenset(counted) if counts else frozenset(),
    )
