"""The seeded histories of tests/simulation once more, so that a deliberate bug meets them too."""

from collections.abc import AsyncIterator, Callable

import pytest

from shared.db.engine import Database
from tests.simulation.history import run
from tests.simulation.world import empty_databases
from tests.support.postgres import DatabaseServer

SEEDS = range(25)


@pytest.fixture
async def databases(postgres: DatabaseServer) -> AsyncIterator[dict[str, Database]]:
    async with empty_databases(postgres) as found:
        yield found


@pytest.mark.fault("simulation")
@pytest.mark.timeout(300)
async def test_no_history_loses_doubles_or_disorders_an_event(
    databases: dict[str, Database], record_property: Callable[[str, object], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The delays of the product: the clock of a history is not the machine's.
    monkeypatch.setattr("shared.bus.receiver._DELAYS", (0.1, 0.4, 1.5, 5.0))
    for seed in SEEDS:
        verdict = await run(seed, databases)
        record_property("noted", f"{seed + 1} histories")
        assert not verdict.problems, f"seed {seed}: {verdict.problems[:5]}"
