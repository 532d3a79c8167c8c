"""Processes of a gateway that start at once on one empty database all come up, with one key and the same clients."""

import asyncio
import contextlib
import time
from pathlib import Path

import pytest

from gateway.app import create_app
from gateway.settings import GatewaySettings
from gateway.usecases import client_secret
from shared.db.engine import Database
from tests.service.gateway.conftest import CLIENTS, demo_file
from tests.support.lab import scalar
from tests.support.postgres import DatabaseServer
from tests.support.service import settings_for_test

_PROCESSES = 10
_HASH_SECONDS = 0.06
"""How long a secret takes to hash where ten processes start: all of them together longer than a lock is waited for."""
MANY = [{**CLIENTS[1], "client_id": f"bank-{place}", "secret": f"secret-of-bank-{place}"} for place in range(60)]
"""As many as a demo has: each has a secret that is slow to hash, on purpose."""


async def test_ten_gateways_that_start_at_once_all_come_up(
    postgres: DatabaseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = client_secret._digest

    def slow(secret: str, salt: bytes) -> bytes:
        time.sleep(_HASH_SECONDS)  # in its thread, as the hash itself; other tests need the processor meanwhile
        return quick(secret, salt)

    monkeypatch.setitem(client_secret._COST, "n", 2)
    monkeypatch.setattr(client_secret, "_digest", slow)
    url = await postgres.database_url("gateway")
    demo = demo_file(tmp_path, MANY)
    apps = [
        create_app(settings_for_test(GatewaySettings, url, demo_clients=demo, database_pool_size=2))
        for _ in range(_PROCESSES)
    ]
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(postgres.drop, url)
        lifespans = [app.router.lifespan_context(app) for app in apps]
        await asyncio.gather(*(stack.enter_async_context(one) for one in lifespans))
        signing = {tuple(sorted(app.state.keyring.keys)) for app in apps}
        assert len(signing) == 1
        database = Database(url, service="gateway")
        assert await scalar(database, "SELECT count(*) FROM signing_key") == 1
        assert await scalar(database, "SELECT count(*) FROM client WHERE demo AND status = 'ACTIVE'") == len(MANY)
        changed = "SELECT count(*) FROM outbox_event WHERE subject = 'gateway.client.changed.v1'"
        assert await scalar(database, changed) == len(MANY)
        await database.close()
