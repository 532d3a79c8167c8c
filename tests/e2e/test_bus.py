"""The bus as it is lost and healed, and the thread of one cause over all services."""

import asyncio
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from deploy.embedded.patience import Patience
from deploy.embedded.state_folder import server_folder
from tests.support.suite import LaunchedSuite, wait_until

pytestmark = pytest.mark.e2e
PROJECTIONS = {
    "registry": "SELECT count(*) AS n FROM portfolio",
    "finance": "SELECT (SELECT count(*) FROM filing) + (SELECT count(*) FROM portfolio) AS n",
    "ipr": "SELECT count(*) AS n FROM enterprise",
    "techtransfer": "SELECT count(*) AS n FROM party",
}
EMPTY = {
    "registry": "DELETE FROM portfolio",
    "ipr": "DELETE FROM enterprise",
}


async def test_one_lapsed_patent_carries_one_causation_id_over_all_services(suite: LaunchedSuite) -> None:
    steps = {step["step"]: step["answer"] for step in suite.answers()}
    after = steps["evaluation/after"]["id"]
    told = "SELECT causation_id FROM outbox_event WHERE subject = 'finance.application.flagged.v1'"
    (flagged,) = await suite.rows("finance", f"{told} AND aggregate_id = '{steps['second/flagged']['id']}'")
    cause = flagged["causation_id"]
    (evaluation,) = await suite.rows("finance", f"SELECT causation_id FROM kv_evaluation WHERE id = '{after}'")
    assert evaluation["causation_id"] == cause
    portfolio = await suite.rows(
        "ipr", f"SELECT subject FROM outbox_event WHERE causation_id = '{cause}' ORDER BY subject"
    )
    assert [row["subject"] for row in portfolio] == ["ipr.portfolio.changed.v1", "ipr.right.changed.v1"]


async def test_one_lapse_gives_one_new_evaluation(suite: LaunchedSuite) -> None:
    steps = {step["step"]: step["answer"] for step in suite.answers()}
    newer = await suite.rows(
        "finance", f"SELECT id FROM kv_evaluation WHERE supersedes_id = '{steps['evaluation']['id']}'"
    )
    assert [str(row["id"]) for row in newer] == [steps["evaluation/after"]["id"]]


async def test_a_deleted_store_is_made_again_and_every_projection_healed(suite: LaunchedSuite) -> None:
    before = {service: await suite.rows(service, query) for service, query in PROJECTIONS.items()}
    for service, statement in EMPTY.items():
        await suite.rows(service, statement)
        await suite.rows(service, "DELETE FROM inbox_entry")
        await suite.rows(service, "DELETE FROM inbox_cursor")
    store = server_folder(suite.state) / "nats" / "jetstream"
    shutil.rmtree(store, ignore_errors=True)
    suite.kill("nats")
    suite.wait_until_ready()
    with ThreadPoolExecutor(2) as pool:
        orders = pool.map(lambda service: suite.make("republish", f"S={service}", "SINCE=2000-01-01"), PROJECTIONS)
    assert [republished.returncode for republished in orders] == [0, 0, 0, 0]
    patience = Patience(180)
    while True:
        healed = {service: await suite.rows(service, query) for service, query in PROJECTIONS.items()}
        if healed == before:
            break
        assert not patience.is_over(), f"{healed} instead of {before}"
        await asyncio.sleep(0.2)
    for service in PROJECTIONS:
        assert await suite.rows(service, "SELECT * FROM dead_letter") == []


def test_the_broker_syncs_each_write_so_no_readiness_check_warns(suite: LaunchedSuite) -> None:
    with suite.client("city") as http:
        ready = http.get(f"{suite.url_of('finance')}/health/ready").json()
    assert not ready.get("warnings"), ready


def test_a_killed_service_is_back_without_a_refused_connection(suite: LaunchedSuite) -> None:
    with suite.client("city") as http:
        suite.kill("techtransfer")
        wait_until(lambda: http.get("/v1/achievements").status_code == 200, 120, "techtransfer did not come back")
        assert http.get("/v1/achievements").json()["items"]
