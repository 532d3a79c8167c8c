"""A pooler before the database is named by a setting, looked at when a process starts, and passed by migrations."""

import subprocess
import sys
from collections.abc import AsyncIterator

import pytest

from shared.db.engine import Database
from shared.db.migrate import migrate
from shared.db.pooler import OwnerBehindPooler, PoolerUnnamed, database_for_command, refuse_unnamed_pooler
from tests.support.pooler import needs_pgbouncer, running_pooler
from tests.support.postgres import REPOSITORY, DatabaseServer

# As an administrator sets it who wants an application to work that knows no pooler.
PASSED_OVER = {
    "ignore_startup_parameters": "lock_timeout, statement_timeout, idle_in_transaction_session_timeout, "
    "tcp_keepalives_idle, tcp_keepalives_interval, tcp_keepalives_count, extra_float_digits"
}
pytestmark = needs_pgbouncer


@pytest.fixture
async def url(postgres: DatabaseServer) -> AsyncIterator[str]:
    made = await postgres.database_url("gateway")
    yield made
    await postgres.drop(made)


async def test_a_pooler_that_passes_over_our_parameters_is_found_when_a_service_starts(
    postgres: DatabaseServer, url: str
) -> None:
    with running_pooler(postgres, url, settings=PASSED_OVER) as through:
        unnamed = Database(through, service="gateway")
        with pytest.raises(PoolerUnnamed, match="GATEWAY_DATABASE_POOLER=transaction"):
            await refuse_unnamed_pooler(unnamed)
        await unnamed.close()
        named = Database(through, service="gateway", is_pooled=True)
        await refuse_unnamed_pooler(named)
        await named.close()
    direct = Database(url, service="gateway")
    await refuse_unnamed_pooler(direct)
    await direct.close()


@pytest.mark.parametrize("settings", [None, PASSED_OVER], ids=["refuses our parameters", "passes over them"])
async def test_a_migration_through_a_pooler_is_refused_in_words(
    postgres: DatabaseServer, url: str, settings: dict[str, str] | None
) -> None:
    with (
        running_pooler(postgres, postgres.owner_url(url), settings=settings) as through,
        pytest.raises(OwnerBehindPooler, match="GATEWAY_OWNER_DATABASE_URL"),
    ):
        await migrate(through, "gateway", runner="gateway")


async def test_a_command_hears_of_the_pooler_from_the_same_setting(
    monkeypatch: pytest.MonkeyPatch, postgres: DatabaseServer, url: str
) -> None:
    assert not database_for_command(url, "gateway").is_pooled
    monkeypatch.setenv("KECHUANG_DATABASE_POOLER", "transaction")
    assert database_for_command(url, "gateway").is_pooled
    monkeypatch.setenv("GATEWAY_DATABASE_POOLER", "none")
    assert not database_for_command(url, "gateway").is_pooled


def _clients(address: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "gateway.command", "client", "list"],
        check=False,
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env={"PYTHONPATH": str(REPOSITORY), "GATEWAY_DATABASE_URL": address, **settings},
    )


async def test_the_operator_s_commands_work_through_a_pooler_and_say_what_to_set_where_nobody_named_it(
    postgres: DatabaseServer, url: str
) -> None:
    with running_pooler(postgres, url) as through:
        told = _clients(through, GATEWAY_DATABASE_POOLER="transaction")
        assert told.returncode == 0, told.stderr
        refused = _clients(through)
        assert refused.returncode == 1
        assert "GATEWAY_DATABASE_POOLER=transaction" in refused.stderr
