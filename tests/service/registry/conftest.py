"""The registry on a fresh database for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.service.registry.world import World
from tests.support.postgres import DatabaseServer
from tests.support.service import running_service


@pytest.fixture
async def world(postgres: DatabaseServer) -> AsyncIterator[World]:
    """The registry with a client for each body."""
    async with running_service("registry", postgres) as service:
        yield World(service)
