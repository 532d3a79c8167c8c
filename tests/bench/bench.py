"""One run of the bench: its sizes, its rows, and the servers that its figures share."""

import http.client
import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from deploy.embedded.clients import read_clients
from deploy.embedded.suite import Suite
from deploy.embedded.token import fetch
from shared.telemetry import configure_logging
from tests.bench.pace import Pace
from tests.bench.table import Row, line
from tests.support.nats import Broker, running_nats
from tests.support.postgres import DatabaseServer, running_postgres
from tests.support.suite import LaunchedSuite, launched_suite

_POSTGRES_SETTINGS = ("fsync", "synchronous_commit", "full_page_writes", "wal_sync_method", "shared_buffers")
DISK_BOTH = "fsync, synchronous_commit on ÷ the same"
"""Ours and the floor write to the same durable PostgreSQL."""


@dataclass(slots=True)
class Bench:
    """What a figure is given: sizes, a place for its rows, and servers that are started when first asked for."""

    pace: Pace
    say: Callable[[str], None]
    rows: list[Row] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    started: dict[str, float] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)
    _lab: tuple[DatabaseServer, Broker] | None = None
    _suite: LaunchedSuite | None = None

    def add(self, row: Row) -> None:
        """Add a row to the table and show it."""
        self.rows.append(row)
        self.say(line(row))

    def close(self) -> None:
        """Stop everything that was started."""
        self._stack.close()

    async def lab(self) -> tuple[DatabaseServer, Broker]:
        """Return a durable PostgreSQL and a NATS that syncs at each write, with nothing else beside them."""
        if self._lab is None:
            self.say("starting a durable PostgreSQL and NATS")
            postgres = self._stack.enter_context(running_postgres(durable=True))
            broker = self._stack.enter_context(running_nats(durable=True))
            self._lab = (postgres, broker)
            await self._note("the bench's own servers", postgres.server.url(), broker.monitor_url)
        return self._lab

    async def suite(self) -> LaunchedSuite:
        """Return the whole suite as a person launches it, with its demonstration told."""
        if self._suite is None:
            self.say("launching the suite")
            suite = self._stack.enter_context(launched_suite("bench"))
            began = time.monotonic()
            suite.printed = suite.start()
            self.started["cold, story told"] = time.monotonic() - began
            self._suite = suite
            programs = Suite(suite.settings)
            await self._note("the launched suite", programs.postgres.url(), programs.nats.monitor_url)
        return self._suite

    async def _note(self, whose: str, database: str, monitor: str) -> None:
        """Keep what the servers themselves say of their durability."""
        connection = await asyncpg.connect(database)
        try:
            told = [f"{name} {await connection.fetchval(f'SHOW {name}')}" for name in _POSTGRES_SETTINGS]
        finally:
            await connection.close()
        synced = _jetstream(monitor).get("sync_always", False)
        self.settings[whose] = f"PostgreSQL {', '.join(told)}; JetStream sync_interval {'always' if synced else '2m'}"


def _jetstream(monitor: str) -> dict[str, Any]:
    host = monitor.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=5)
    connection.request("GET", "/varz")
    answer = json.loads(connection.getresponse().read())
    connection.close()
    found: dict[str, Any] = answer["jetstream"]["config"]
    return found


def token_of(suite: LaunchedSuite, client_id: str) -> str:
    """Return a fresh access token of a demo client; it lives ten minutes."""
    (secret,) = [one["secret"] for one in read_clients(suite.settings) if one["client_id"] == client_id]
    return fetch(suite.ports["gateway"], client_id, secret)


def administrator_url(suite: LaunchedSuite, database: str = "postgres") -> str:
    """Return the address of a database of the suite for its administrator."""
    return Suite(suite.settings).postgres.url(database)


def silence() -> None:
    """Let the product's own code, where the bench runs it in its own process, log errors alone."""
    configure_logging("bench", "ERROR")
