"""G5: finance's database is set back to an older backup: noticed, money stands with a clear word, and a way back."""

import asyncio
import random
from collections.abc import Iterator
from typing import Any

import asyncpg
import httpx
import pytest

from shared.db.role import database_statements
from tests.fault.armed_suite import ArmedSuite, armed_suite
from tests.fault.checker import Checker
from tests.fault.world import World, found_world
from tests.support.journey import demo_body, eventually, new_enterprise_client
from tests.support.suite import LaunchedSuite

pytestmark = pytest.mark.timeout(400)
FINANCE = "finance"
BACKUP = "backup_of_finance"
PATIENCE = 60.0


@pytest.fixture(scope="module")
def lived() -> Iterator[World]:
    """A suite of its own: what is lost here is lost for good."""
    with armed_suite("restore") as suite:
        yield found_world(suite)


async def as_superuser(suite: LaunchedSuite, *statements: str) -> None:
    """Run statements beside all databases, with nobody connected to finance's."""
    password = (suite.settings.secrets / "postgres").read_text()
    port = suite.ports["postgres"]
    admin = await asyncpg.connect(f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres")
    try:
        await admin.execute(f"ALTER DATABASE {FINANCE} ALLOW_CONNECTIONS false")
        await admin.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{FINANCE}'")
        for statement in statements:
            await admin.execute(statement)
        await admin.execute(f"ALTER DATABASE {FINANCE} ALLOW_CONNECTIONS true")
    finally:
        await admin.close()


def back_up(suite: LaunchedSuite) -> None:
    asyncio.run(as_superuser(suite, f"CREATE DATABASE {BACKUP} TEMPLATE {FINANCE}"))


def restore(suite: LaunchedSuite) -> None:
    words = (f"DROP DATABASE {FINANCE} WITH (FORCE)", f"ALTER DATABASE {BACKUP} RENAME TO {FINANCE}")
    asyncio.run(as_superuser(suite, *words, *database_statements(FINANCE)))


def readiness(suite: LaunchedSuite) -> Any:
    try:
        return httpx.get(f"{suite.url_of(FINANCE)}/health/ready", timeout=10, trust_env=False).json()
    except (httpx.TransportError, ValueError):
        return {"checks": {}, "warnings": []}


def held_by_registry(world: World) -> Any:
    query = f"SELECT * FROM credit_standing WHERE uscc = '{world.uscc}'"
    return asyncio.run(world.suite.rows("registry", query))


def settled(world: World) -> None:
    assert Checker(world).findings(probes=5) == []


@pytest.mark.fault("G5")
def test_an_older_backup_of_finance_stops_money_until_an_operator_accepts(lived: World) -> None:
    suite = lived.suite
    assert isinstance(suite, ArmedSuite)
    bank, firm = demo_body(suite, "bank-a"), new_enterprise_client(suite, "enterprise-restore", lived.uscc)
    settled(lived)
    back_up(suite)
    suite.wait_until_ready()

    # What will be lost: a pay-out, and an evaluation that the registry hears of.
    drawn = f"/v1/loans/{lived.loan_id}/drawdowns"
    lost = eventually(lambda: bank.call("POST", drawn, lived.note("N-LOST", 70_000)), _is_created, seconds=PATIENCE)
    before = held_by_registry(lived)
    firm.post("/v1/kvc-evaluations", {"uscc": lived.uscc})
    eventually(lambda: held_by_registry(lived), lambda now: now != before, seconds=PATIENCE)
    settled(lived)
    restore(suite)

    found = eventually(
        lambda: readiness(suite), lambda one: one["checks"].get("history") == "regressed", seconds=PATIENCE
    )
    (warning,) = [one for one in found["warnings"] if "accept-restore" in one]
    assert "备份" in warning
    assert "backup" in warning
    sign = f"/v1/loan-applications/{lived.application_id}:sign"
    for path, body in ((drawn, lived.note("N-REFUSED", 10_000)), (sign, {})):
        told = bank.refused("POST", path, body, status=503, code="history_regressed")
        assert "备份" in told["title"]
        assert "make accept-restore" in told["hint"]
    assert bank.get(f"/v1/loans/{lived.loan_id}")["id"] == lived.loan_id
    assert bank.call("GET", f"/v1/drawdowns/{lost.json()['id']}").status_code == 404
    suite.kill(FINANCE)
    suite.wait_until_ready()
    bank.refused("POST", drawn, lived.note("N-AGAIN", 10_000), status=503, code="history_regressed")

    listed = suite.make("accept-restore", f"S={FINANCE}")
    assert listed.returncode == 0, listed.stderr
    assert "finance.loan.drawn.v1" in listed.stdout
    (table,) = suite.state.glob(f"lost-facts-{FINANCE}-*.csv")
    assert "N-LOST" in table.read_text("utf-8-sig")
    accepted = suite.make("accept-restore", f"S={FINANCE}", "REASON=a disk was lost 磁盘损坏")
    assert accepted.returncode == 0, accepted.stderr
    assert "open again 已恢复办理" in accepted.stdout

    eventually(lambda: readiness(suite), lambda one: "history" not in one["checks"], seconds=PATIENCE)
    eventually(lambda: bank.call("POST", drawn, lived.note("N-LOST", 70_000)), _is_created, seconds=PATIENCE)
    # Others hold again what finance holds, and no event of anybody is unheard or heard twice.
    lived.right(random.Random(5))
    settled(lived)

    def limits() -> tuple[int, int]:  # an evaluation between both reads would tell two ages
        (standing,) = held_by_registry(lived)
        (line,) = asyncio.run(suite.rows(FINANCE, f"SELECT * FROM credit_line WHERE uscc = '{lived.uscc}'"))
        return standing["limit_fen"], line["limit_fen"]

    eventually(limits, lambda both: both[0] == both[1], seconds=PATIENCE)


def _is_created(answer: httpx.Response) -> bool:
    return answer.status_code == 201
