from collections.abc import AsyncIterator

import pytest

from shared.telemetry import configure_logging
from tests.support.nats import Broker
from tests.support.pair import Pair, fresh_pair
from tests.support.postgres import DatabaseServer


@pytest.fixture(autouse=True, scope="session")
def few_lines() -> None:
    configure_logging("test", "CRITICAL")


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five deliveries within a second, and letters looked after several times a second."""
    monkeypatch.setattr("shared.bus.receiver._DELAYS", (0.05, 0.1, 0.2, 0.3))
    monkeypatch.setattr("shared.bus.runner.DEAD_LETTER_SECONDS", 0.3)


@pytest.fixture
async def pair(postgres: DatabaseServer, nats: Broker) -> AsyncIterator[Pair]:
    async with fresh_pair(postgres, nats) as pair:
        yield pair
