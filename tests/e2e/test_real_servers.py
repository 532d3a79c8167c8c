"""The suite on a PostgreSQL and a NATS that somebody else runs, named by settings alone."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import asyncpg
import pytest

from deploy.embedded.launch_settings import PROCESSES
from deploy.embedded.postgres import ensure_database
from shared.db.role import owner_of
from tests.support.nats import Broker, running_nats
from tests.support.postgres import DatabaseServer, running_postgres
from tests.support.suite import LaunchedSuite, launched_suite, settings_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@dataclass
class RealServers:
    """A separately started PostgreSQL with five empty databases, and a broker."""

    postgres: DatabaseServer
    broker: Broker
    passwords: dict[str, str]

    def settings(self) -> dict[str, str]:
        """Return the settings that name them."""
        databases = {name: self.postgres.server.url(name, name, self.passwords[name]) for name in PROCESSES}
        brokers = {name: self.broker.url(name) for name in PROCESSES}
        owners = {name: self.postgres.server.url(name, owner_of(name), self.passwords[name]) for name in PROCESSES}
        told = settings_of(databases, "DATABASE_URL") | settings_of(owners, "OWNER_DATABASE_URL")
        return told | settings_of(brokers, "NATS_URL")

    async def make_databases(self) -> None:
        """Make the five empty databases, as an administrator would."""
        admin = await asyncpg.connect(self.postgres.server.url())
        try:
            for name in PROCESSES:
                await ensure_database(admin, name, self.passwords[name], self.passwords[name])
        finally:
            await admin.close()

    async def count(self, service: str, table: str) -> int:
        """Count the rows of a table."""
        connection = await asyncpg.connect(self.postgres.server.url(service, service, self.passwords[service]))
        try:
            return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))
        finally:
            await connection.close()


@pytest.fixture
def servers() -> Iterator[RealServers]:
    # A broker of its own for each test: empty databases beside old streams are a lost history, and rightly refused.
    with running_postgres() as postgres, running_nats() as broker:
        yield RealServers(postgres, broker, {name: secrets.token_hex(16) for name in PROCESSES})


async def test_on_real_servers_nothing_is_embedded_nothing_seeded_and_no_secret_printed(servers: RealServers) -> None:
    await servers.make_databases()
    with launched_suite("real", **servers.settings()) as suite:
        printed = suite.start()
        assert set(suite.pids()) == set(PROCESSES)
        assert not (suite.state / "servers").exists()
        assert not suite.settings.demo_clients.exists()
        assert "demo" not in printed.lower()
        assert not any(password in printed for password in servers.passwords.values())
        assert await servers.count("registry", "enterprise") == 0
        assert await servers.count("gateway", "client") == 0
        suite.stop()


async def test_the_story_runs_on_real_servers_when_asked_and_a_start_without_the_demo_is_then_refused(
    servers: RealServers,
) -> None:
    await servers.make_databases()
    with launched_suite("real-demo", KECHUANG_DEMO="1", **servers.settings()) as suite:
        suite.start()
        steps = {step["step"]: step["answer"] for step in suite.answers()}
        assert steps["cover/decide"]["status"] == "COVERED"
        assert steps["second/sign"]["status"] == "SIGNED"
        suite.stop()
        refused = without_demo(suite).make("run", "DETACH=1")
        assert refused.returncode != 0
        assert "demo" in refused.stdout + refused.stderr


def without_demo(suite: LaunchedSuite) -> LaunchedSuite:
    """Return the same suite with the demo off."""
    settings = {
        name: value for name, value in suite.environment.items() if name.endswith(("_DATABASE_URL", "_NATS_URL"))
    }
    return LaunchedSuite(suite.state, **settings)
