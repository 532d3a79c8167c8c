"""B10: what is published in another's name is refused and seen in the logs; what is let through is not believed."""

import asyncio

import orjson
import pytest

from shared.bus.connection import connected
from shared.events.registry import EnterpriseChanged, IntegrityChanged
from shared.kernel.ids import new_id
from shared.telemetry import configure_logging
from tests.support.lab import scalar
from tests.support.pair import CLOCK, Pair, count, marked, named, reaches

pytestmark = [pytest.mark.fault("B10"), pytest.mark.timeout(120)]
FORGERS = ("finance", "techtransfer", "ipr", "gateway")


def forged(event: EnterpriseChanged | IntegrityChanged, *, source: str) -> bytes:
    """Return a document that is right in all but, perhaps, its source."""
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": str(new_id()),
            "source": f"/kechuang/{source}",
            "type": event.subject,
            "time": CLOCK.at.isoformat(),
            "aggregate": event.aggregate,
            "aggregateid": event.aggregate_id,
            "version": 1,
            "sequence": 1,
            "causationid": str(new_id()),
            "data": event.model_dump(mode="json"),
        }
    )


@pytest.mark.parametrize("forger", FORGERS)
async def test_a_publication_under_anothers_user_is_refused_and_both_logs_tell(
    pair: Pair, forger: str, capfd: pytest.CaptureFixture[str]
) -> None:
    configure_logging("test", "WARNING")
    log = pair.broker.server._log
    before = len(log.read_bytes())
    event = named("firm-forged", "forged")
    async with pair.running():
        await pair.emit(marked("firm-1"))
        await reaches(pair.listener, "SELECT count(*) FROM effect", 1)
        async with connected(pair.broker.url(forger), service=forger) as client:
            await client.publish(event.subject, forged(event, source="registry"))
            await client.flush()
            await asyncio.sleep(0.2)
        async with pair.client() as client:
            held = (await client.jetstream().stream_info("REGISTRY")).state.messages
    configure_logging("test", "CRITICAL")
    assert held == 1
    assert await count(pair.listener, "SELECT count(*) FROM enterprise_name") == 0
    told = [line for line in capfd.readouterr().err.splitlines() if '"bus_error"' in line]
    assert any("permissions violation" in line.lower() and event.subject in line for line in told), told
    server = log.read_bytes()[before:].decode()
    assert "Publish Violation" in server
    assert f"user:{forger}" in server
    assert event.subject in server


async def test_an_event_with_a_foreign_source_is_kept_out_although_its_publisher_may_publish(
    pair: Pair, capfd: pytest.CaptureFixture[str]
) -> None:
    configure_logging("test", "WARNING")
    async with pair.running():
        await pair.emit(named("firm-1", "true"))
        await reaches(pair.listener, "SELECT count(*) FROM enterprise_name", 1)
        for event in (named("firm-1", "forged"), marked("firm-1")):
            await pair.inject(forged(event, source="ipr"), subject=event.subject)
        await reaches(pair.listener, "SELECT count(*) FROM dead_letter", 2, seconds=60)
        await pair.emit(named("firm-2", "next"))
        await reaches(pair.listener, "SELECT count(*) FROM enterprise_name", 2)
    configure_logging("test", "CRITICAL")
    assert await scalar(pair.listener, "SELECT name FROM enterprise_name WHERE uscc = 'firm-1'") == "true"
    assert await count(pair.listener, "SELECT count(*) FROM effect") == 0
    reasons = str(await scalar(pair.listener, "SELECT string_agg(reason, '|') FROM dead_letter"))
    assert reasons.count("source is '/kechuang/ipr': not the owner") == 2
    assert capfd.readouterr().err.count('"dead_letter"') == 2
    # Nor does it make the owner believe that its own history was set back.
    assert await count(pair.publisher, "SELECT count(*) FROM history_break") == 0


async def test_a_signed_event_of_a_thief_closes_the_service_though_that_published_behind_it_at_once(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The relay looks at the end of its stream every two seconds: here only what it publishes can tell.
    monkeypatch.setattr("shared.bus.relay._CHECK_SECONDS", 3_600)
    async with pair.running():
        await pair.emit(named("firm-1", "true"))
        await reaches(pair.listener, "SELECT count(*) FROM enterprise_name", 1)
        await pair.inject(forged(named("firm-2", "forged"), source="registry"))
        assert await count(pair.publisher, "SELECT count(*) FROM history_break") == 0
        await pair.emit(named("firm-3", "true"))
        await reaches(pair.publisher, "SELECT count(*) FROM history_break WHERE accepted_at IS NULL", 1)
