"""Readiness tells the truth: each trouble is a warning with a name, in both languages, and stops no traffic."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import asyncpg
import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.db.engine import DatabaseUnavailable
from shared.kernel.actor import Role
from shared.web import trouble
from shared.web.jwks import JwksClient
from tests.support.postgres import DatabaseServer
from tests.support.sample_service import READ, running_sample
from tests.support.service import RunningService

LETTER = """
INSERT INTO dead_letter (handler, subject, payload, reason, deliveries) VALUES ('h', 's', '', 'r', 5)
"""
WAITING = "INSERT INTO outbox_waiting (position, occurred_at) VALUES (1, now() - interval '2 minutes')"


@pytest.fixture
async def sample(postgres: DatabaseServer) -> AsyncIterator[RunningService]:
    """A service of its own for each test: troubles stay."""
    async with running_sample(postgres) as service:
        yield service


async def plant(sample: RunningService, statement: str) -> None:
    """Change a row behind the back of the service."""
    async with sample.db.engine.begin() as connection:
        await connection.execute(text(statement))


async def warned(sample: RunningService) -> set[str]:
    """Return the names of what readiness warns of; the service works all the same."""
    async with sample.client(token="") as http:
        ready = await http.get("/health/ready")
        page = (await http.get("/metrics")).text
    assert ready.status_code == 200
    warnings = ready.json()["warnings"]
    for one in warnings:
        zh, _, en = one.partition(" / ")
        assert any("\u4e00" <= letter <= "\u9fff" for letter in zh)
        assert en
    names = {one.partition(":")[0] for one in warnings}
    for name in names:
        assert f'kechuang_trouble{{name="{name}",service="sample"}} 1.0' in page
    return names


async def test_nothing_is_warned_of_where_nothing_is_wrong(sample: RunningService) -> None:
    assert await warned(sample) == set()


async def test_a_dead_letter_and_an_event_that_waits_are_named(sample: RunningService) -> None:
    await plant(sample, LETTER)
    await plant(sample, WAITING)
    assert await warned(sample) == {"dead_letters", "events_delayed"}


async def test_a_full_disk_of_the_database_is_named_for_a_while_after_it_refused(sample: RunningService) -> None:
    refused = asyncpg.exceptions.DiskFullError("could not extend file")
    with pytest.raises(DatabaseUnavailable), sample.db.guard():
        raise DBAPIError("INSERT", {}, refused)
    assert await warned(sample) == {"database_full"}


async def test_a_disk_with_little_room_is_named(
    sample: RunningService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = sample.app.state.settings.model_copy(update={"files_url": tmp_path.as_uri()})
    monkeypatch.setattr(sample.app.state, "settings", settings)
    assert await warned(sample) == set()
    monkeypatch.setattr(trouble, "LEAST_FREE_BYTES", 1 << 60)
    assert await warned(sample) == {"disk_low"}


async def test_a_broker_that_is_there_and_takes_nothing_is_named(
    sample: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        is_connected = True
        is_refused = True
        waits_for: tuple[str, ...] = ()

    monkeypatch.setattr(sample.app.state, "bus", Full())
    assert await warned(sample) == {"broker_unwritable"}


async def test_a_broker_that_is_away_or_lacks_a_stream_is_named(
    sample: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Bare:
        is_connected = False
        is_refused = False
        waits_for = ("FINANCE",)

    monkeypatch.setattr(sample.app.state, "bus", Bare())
    assert await warned(sample) == {"broker_away", "bus_unprovisioned"}


async def test_a_clock_that_was_set_right_is_named_no_longer_though_the_issuer_was_not_asked_again(
    sample: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        date = format_datetime(datetime.now(UTC), usegmt=True)  # noqa: TID251
        return httpx.Response(200, json={"keys": []}, headers={"date": date})

    keys = JwksClient("http://issuer.test/jwks", transport=httpx.MockTransport(answer))
    monkeypatch.setattr(sample.app.state, "issuer_keys", keys)
    with monkeypatch.context() as wrong:
        wrong.setattr("shared.kernel.clock.SystemClock.now", lambda _self: datetime(2020, 1, 1, tzinfo=UTC))
        await keys._fetch()
        assert await warned(sample) == {"clock_differs"}
    assert await warned(sample) == set()


@pytest.mark.parametrize(("ahead", "names"), [(-3600, {"clock_differs"}), (8, set()), (40, {"clock_differs"})])
async def test_a_clock_that_is_off_by_more_than_tokens_forgive_is_named(
    sample: RunningService, monkeypatch: pytest.MonkeyPatch, ahead: int, names: set[str]
) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)  # noqa: TID251
        return httpx.Response(200, json={"keys": []}, headers={"date": date})

    keys = JwksClient("http://issuer.test/jwks", transport=httpx.MockTransport(answer))
    await keys._fetch()
    monkeypatch.setattr(sample.app.state, "issuer_keys", keys)
    assert await warned(sample) == names


async def test_a_clock_that_is_not_the_databases_is_named(
    sample: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Behind:
        def now(self) -> datetime:
            return datetime.now(UTC) - timedelta(minutes=5)  # noqa: TID251

    monkeypatch.setattr(trouble, "SystemClock", Behind)
    assert await warned(sample) == {"clock_differs"}


async def test_a_service_in_trouble_goes_on_answering(sample: RunningService) -> None:
    await plant(sample, LETTER)
    async with sample.client(Role.CITY, scopes=[READ]) as http:
        assert (await http.get("/v1/notes")).status_code == 200
