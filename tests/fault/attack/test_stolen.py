"""H3: another process with one stolen secret of a service and nothing else: refused, told in a log, not believed."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from shared.kernel.clock import SystemClock
from shared.kernel.ids import new_id
from tests.support.suite import LaunchedSuite, wait_until

pytestmark = [pytest.mark.fault("H3"), pytest.mark.timeout(420)]
_THIEF = Path(__file__).parent / "thief.py"
_KEPT = ("audit_entry", "fund_posting", "outbox_event", "credit_movement")
_STREAM = {"name": "TECHTRANSFER", "subjects": ["techtransfer.>"], "retention": "limits", "storage": "file"}
_BUS_ATTACKS: tuple[tuple[str, Any], ...] = (
    (
        "$JS.API.STREAM.UPDATE.TECHTRANSFER",
        _STREAM | {"republish": {"src": ">", "dest": "registry.filing.accepted.v1"}},
    ),
    ("$JS.API.STREAM.UPDATE.TECHTRANSFER", _STREAM | {"sources": [{"name": "REGISTRY"}]}),
    ("$JS.API.STREAM.UPDATE.TECHTRANSFER", _STREAM | {"subjects": [">"]}),
    ("$JS.API.STREAM.PURGE.REGISTRY", None),
    ("$JS.API.STREAM.MSG.GET.FINANCE", {"seq": 1}),
    ("$JS.API.CONSUMER.CREATE.FINANCE.mine", {"stream_name": "FINANCE", "config": {"durable_name": "mine"}}),
)


def steal(what: str, stolen: dict[str, Any]) -> Any:
    """Run the thief's program with nothing but the secret, and return what it came to."""
    run = subprocess.run(
        [sys.executable, "-I", str(_THIEF), what],
        check=True,
        input=json.dumps(stolen),
        capture_output=True,
        text=True,
        cwd="/",
        env={},
        timeout=60,
    )
    return json.loads(run.stdout)


def counted(suite: LaunchedSuite, service: str) -> dict[str, int]:
    """Return how many rows each table that is kept has."""
    found = {}
    for table in _KEPT:
        (row,) = asyncio.run(suite.rows(service, f"SELECT count(*) AS n FROM {table}"))
        found[table] = row["n"]
    return found


def last_told(suite: LaunchedSuite, service: str, subject: str, **changes: Any) -> dict[str, Any]:
    """Return the event that a service told last, with other words in it and right in all but who says it."""
    query = f"SELECT aggregate, aggregate_id, CAST(data AS text) AS data FROM outbox_event WHERE subject = '{subject}'"
    told = asyncio.run(suite.rows(service, f"{query} ORDER BY position DESC LIMIT 1"))[0]
    event = {
        "specversion": "1.0",
        "id": str(new_id()),
        "source": f"/kechuang/{service}",
        "type": subject,
        "time": SystemClock().now().isoformat(),
        "aggregate": told["aggregate"],
        "aggregateid": told["aggregate_id"],
        "version": 99,
        "sequence": 99,
        "causationid": str(new_id()),
        "data": orjson.loads(told["data"]) | changes,
    }
    return {"subject": subject, "event": event}


def alarms(suite: LaunchedSuite, service: str) -> float:
    """Return how many unsigned events a service has counted."""
    page = httpx.get(f"{suite.url_of(service)}/metrics", timeout=10, trust_env=False).text
    lines = [line for line in page.splitlines() if line.startswith("kechuang_event_signature_refused_total{")]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def letters(suite: LaunchedSuite, service: str) -> list[str]:
    """Return the numbers of the letters that wait, as the operator's command lists them."""
    listed = suite.make("kechuang", f"ARGS=dead-letter list {service}").stdout
    return [line.split("\t")[0] for line in listed.splitlines() if "signature" in line]


def test_the_brokers_secret_of_a_service_alters_no_stream_and_its_unsigned_word_is_a_dead_letter(
    city_suite: LaunchedSuite,
) -> None:
    suite, log = city_suite, city_suite.settings.logs / "nats.log"
    before, filing = len(log.read_bytes()), "registry.filing.accepted.v1"
    richer = last_told(suite, "registry", filing, revenue_fen=900_000_000_000)
    query = "SELECT count(*) AS n FROM filing WHERE revenue_fen = 900000000000"
    secret = (suite.settings.secrets / "nats-techtransfer").read_text()
    stolen = {
        "service": "techtransfer",
        "url": f"nats://techtransfer:{secret}@127.0.0.1:{suite.ports['nats']}",
        "attacks": _BUS_ATTACKS,
        "foreign": [richer],
        "own": [],
    }
    told = steal("broker", stolen)
    assert told["answered"] == []
    for subject in (*(one[0] for one in _BUS_ATTACKS), filing):
        assert any("permissions violation" in one and subject.lower() in one for one in told["refused"]), subject
    said = log.read_bytes()[before:].decode()
    assert said.count("Publish Violation") >= len(_BUS_ATTACKS) + 1
    assert "techtransfer" in said

    # Where the broker lets it speak, in its own name, the missing signature is the alarm.
    heard = "ipr.portfolio.changed.v1"
    secret, seen = (suite.settings.secrets / "nats-ipr").read_text(), alarms(suite, "finance")
    own = last_told(suite, "ipr", heard, high_value_count=99)
    url = f"nats://ipr:{secret}@127.0.0.1:{suite.ports['nats']}"
    steal("broker", {"service": "ipr", "url": url, "attacks": [], "foreign": [], "own": [own]})
    wait_until(lambda: bool(letters(suite, "finance")), 60, "no dead letter tells of the unsigned event")
    # One of its two processes has counted it; whichever answers tells of itself.
    wait_until(lambda: alarms(suite, "finance") > seen, 60, "no metric tells of the unsigned event")
    assert '"dead_letter"' in (suite.settings.logs / "finance.log").read_text(encoding="utf-8")
    assert asyncio.run(suite.rows("finance", query))[0]["n"] == 0
    assert asyncio.run(suite.rows("finance", "SELECT 1 FROM portfolio WHERE high_value_count = 99")) == []
    for service in ("finance", "registry"):
        for number in letters(suite, service):
            gone = suite.make("kechuang", f"ARGS=dead-letter discard {service} {number} --reason 'stolen secret'")
            assert gone.returncode == 0, gone.stderr


def test_the_signing_key_of_a_service_opens_nothing(city_suite: LaunchedSuite) -> None:
    suite, log = city_suite, city_suite.settings.logs / "nats.log"
    before = len(log.read_bytes())
    stolen = json.loads((suite.settings.secrets / "event-key-registry.json").read_text())
    told = steal("key", {**stolen, "service": "registry", "server": f"127.0.0.1:{suite.ports['nats']}"})
    assert told["signature"] == 64
    assert ["authorization" in one for one in told["told"]] == [True] * 3
    assert "authentication error" in log.read_bytes()[before:].decode()


def test_the_database_secret_of_a_service_empties_nothing_and_opens_no_other(city_suite: LaunchedSuite) -> None:
    suite, log = city_suite, city_suite.settings.logs / "postgres.log"
    before, held = len(log.read_bytes()), counted(suite, "finance")
    assert all(held.values())
    attacks = [f"{verb} {table}" for table in _KEPT for verb in ("TRUNCATE", "DELETE FROM")]
    attacks += [f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in _KEPT]
    attacks += ["SET session_replication_role = replica", "UPDATE audit_entry SET action = 'x'", "DROP TABLE loan"]
    others = ["registry", "ipr", "techtransfer", "gateway", "postgres"]
    told = steal("database", {"url": suite.database_url("finance"), "attacks": attacks, "others": others})
    assert {one: told[one] for one in told if told[one] != "InsufficientPrivilegeError"} == {}
    assert len(told) == len(attacks) + len(others)
    after = counted(suite, "finance")
    assert {table for table in _KEPT if after[table] < held[table]} == set()
    said = log.read_bytes()[before:].decode()
    assert all(f'permission denied for database "{name}"' in said for name in others)
