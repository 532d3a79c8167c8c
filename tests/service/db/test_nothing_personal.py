"""What fails in the database is told without the values that it was given, in our log and in that of the server."""

import ast
from collections.abc import Iterator

import pytest
import structlog
from sqlalchemy import text

from shared.db.engine import Database
from shared.kernel.fault_words import fault_words
from shared.telemetry import configure_logging
from tests.support.lab import lab_database
from tests.support.postgres import DatabaseServer
from tests.support.source import ROOT

NAME = "欧阳建国-13800138000"
KEY = "INSERT INTO idempotency_key VALUES (:name, 'r', 'k', '', 201, '{}', '', now())"
STATEMENTS = {
    "a value of another kind": "SELECT CAST(CAST(:name AS text) AS integer)",
    "a value that the driver refuses": "SELECT CAST(:name AS integer)",
    "a row that stands already": f"WITH one AS ({KEY} RETURNING 1) SELECT * FROM one",
    "a row that breaks a check": "INSERT INTO rule_set_version VALUES (:name, NULL, '', now(), NULL, '', '', now())",
}
PRODUCT = ("shared", "services", "gateway", "deploy")


@pytest.fixture(autouse=True)
def our_log() -> Iterator[None]:
    configure_logging("finance", "DEBUG")
    yield
    structlog.reset_defaults()


def log_of(postgres: DatabaseServer) -> str:
    return postgres.server._log.read_text(encoding="utf-8", errors="replace")


async def failing(database: Database, statement: str) -> Exception:
    with pytest.raises(Exception, match=r".") as raised:  # whichever class the driver gives
        async with database.engine.begin() as connection:
            await connection.execute(text(statement), {"name": NAME})
    return raised.value


@pytest.mark.parametrize("what", STATEMENTS)
async def test_a_statement_that_fails_is_logged_without_what_it_was_given(
    what: str, postgres: DatabaseServer, capfd: pytest.CaptureFixture[str]
) -> None:
    async with lab_database(postgres, "finance") as database:
        async with database.engine.begin() as connection:
            await connection.execute(text(KEY), {"name": NAME})
        fault = await failing(database, STATEMENTS[what])
    log = structlog.get_logger("test")
    log.error("statement_failed", exc_info=fault)
    log.warning("statement_failed", fault=fault)
    told = capfd.readouterr().err
    assert told.count("statement_failed") == 2
    assert NAME not in told
    assert NAME[-11:] not in told
    assert NAME not in fault_words(fault)
    assert NAME not in log_of(postgres)


def test_every_engine_of_the_product_hides_its_parameters() -> None:
    made = [
        node
        for folder in PRODUCT
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"create_async_engine", "create_engine"}
    ]
    assert made
    for call in made:
        assert any(one.arg == "hide_parameters" and ast.unparse(one.value) == "True" for one in call.keywords)
