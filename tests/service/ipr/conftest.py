"""One running ipr with registered firms for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.support.postgres import DatabaseServer
from tests.support.service import RunningService, running_service


@pytest.fixture
async def ipr(postgres: DatabaseServer) -> AsyncIterator[RunningService]:
    async with running_service("ipr", postgres) as service:
        yield service
