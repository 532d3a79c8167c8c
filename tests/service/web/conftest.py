"""One running sample service for the tests of the web shelf."""

from collections.abc import AsyncIterator

import pytest

from tests.support.postgres import DatabaseServer
from tests.support.sample_service import running_sample
from tests.support.service import RunningService


@pytest.fixture(scope="session")
async def sample(postgres: DatabaseServer) -> AsyncIterator[RunningService]:
    """The sample service; tests use clients of their own, so they share it."""
    async with running_sample(postgres) as service:
        yield service
