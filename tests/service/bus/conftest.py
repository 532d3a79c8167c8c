from collections.abc import AsyncIterator

import pytest

from shared.telemetry import configure_logging
from tests.support.nats import Broker
from tests.support.pair import Pair, fresh_pair
from tests.support.postgres import DatabaseServer


@pytest.fixture(autouse=True, scope="session")
def plain_lines() -> None:
    """Log as a service does; the library's coloured tracebacks take a second each."""
    configure_logging("test", "WARNING")


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five deliveries within a second instead of seven."""
    monkeypatch.setattr("shared.bus.receiver._DELAYS", (0.05, 0.1, 0.2, 0.3))


@pytest.fixture
async def pair(postgres: DatabaseServer, nats: Broker) -> AsyncIterator[Pair]:
    async with fresh_pair(postgres, nats) as pair:
        yield pair
