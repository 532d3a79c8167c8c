"""Old runs over all enterprises: cleared of their rows by a job, and said to be; what something rests on is kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.registry.evaluation.jobs.population_clearing import CLEAR
from services.registry.evaluation.rules import population_run as rules
from services.registry.evaluation.store import population_clearing as store
from services.registry.evaluation.usecases import population_clearing as usecases
from services.registry.evaluation.usecases import population_run as runs
from services.registry.evaluation.usecases.population_run import RunCancelled
from services.registry.settings import RegistrySettings
from shared.bus.job import run_once
from shared.db.operation import claim_operation
from shared.db.transaction import Transaction
from shared.kernel.actor import Actor, Role
from shared.kernel.ids import new_id
from shared.web.service import job_context
from tests.service.registry.world import World, code_of, made_up_code

CITY = Actor(client_id="city", role=Role.CITY, party=None, unit_id=None)
KEPT = RegistrySettings.model_fields["population_runs_kept"].default
NOTICE = {"reference": "渝科公示〔2026〕12号"}
TABLES = ("population_fact", "population_result", "population_range")


@asynccontextmanager
async def acting(world: World, actor: Actor = CITY) -> AsyncIterator[Transaction]:
    """Open a transaction for somebody."""
    async with world.service.db.transaction(actor=actor, clock=world.service.clock) as tx:
        yield tx


async def done(world: World, *policies: str) -> UUID:
    """Ask for a run and let it be worked through."""
    asked = await world.city.post("/v1/population-runs", json={"policies": list(policies)})
    await world.service.run_job(rules.OPERATION)
    return UUID(asked.json()["id"])


async def rows_of(world: World, run_id: UUID) -> dict[str, int]:
    """Return how many rows of a run each table holds."""
    return {
        table: (await world.service.rows(f"SELECT count(*) AS n FROM {table} WHERE run_id = :run", run=run_id))[0][
            "n"
        ]  # constant names
        for table in TABLES
    }


async def shown(world: World, run_id: UUID) -> dict[str, Any]:
    told: dict[str, Any] = (await world.city.get(f"/v1/population-runs/{run_id}")).json()
    return told


@pytest.fixture(autouse=True)
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "RANGE_FIRMS", 2)


@pytest.fixture
async def firms(world: World) -> None:
    for number in range(1, 6):
        await world.registered(number)


@pytest.mark.usefixtures("firms")
async def test_the_job_clears_what_is_older_than_the_runs_that_are_kept(world: World) -> None:
    oldest, *kept = [await done(world) for _ in range(KEPT + 1)]
    assert await rows_of(world, oldest) == {"population_fact": 5, "population_result": 15, "population_range": 3}
    await world.service.run_job(CLEAR)
    assert await rows_of(world, oldest) == dict.fromkeys(TABLES, 0)
    for run_id in kept:
        assert (await rows_of(world, run_id))["population_result"] == 15
    audited = await world.service.rows(
        "SELECT action, detail, role FROM audit_entry WHERE subject = :run AND action LIKE '%clear%' ORDER BY position",
        run=f"population_run/{oldest}",
    )
    assert [one["action"] for one in audited] == ["population_run.clear", "population_run.cleared"]
    assert (audited[0]["detail"]["kept"], audited[0]["role"]) == (KEPT, "system")


@pytest.mark.usefixtures("firms")
async def test_a_cleared_run_says_so_and_every_door_to_its_rows_refuses_in_words(world: World) -> None:
    oldest, newest = [await done(world) for _ in range(KEPT + 1)][::KEPT]
    before = await shown(world, oldest)
    assert before["cleared_at"] is None
    await world.service.run_job(CLEAR)
    after = await shown(world, oldest)
    assert after["cleared_at"] is not None
    assert {**after, "cleared_at": None} == before
    listed = (await world.city.get("/v1/population-runs")).json()["items"]
    assert [one["cleared_at"] for one in listed][-1] == after["cleared_at"]
    where = {"run_id": str(oldest)}
    for path in (
        "population-results",
        "population-results/counts",
        *(f"exports/population-results.{one}" for one in ("csv", "xlsx")),
    ):
        refused = await world.city.get(f"/v1/{path}", params=where)
        assert (refused.status_code, code_of(refused)) == (410, "population_run_cleared"), path
        assert "已于" in refused.json()["title"]
        assert (await world.city.get(f"/v1/{path}", params={"run_id": str(newest)})).status_code == 200
    refused = await world.city.get(f"/v1/population-runs/{oldest}/results/size_class/{made_up_code(1)}")
    assert (refused.status_code, code_of(refused)) == (410, "population_run_cleared")
    path = f"/v1/population-runs/{oldest}/results/size_class/{made_up_code(1)}"
    in_english = await world.city.get(path, headers={"accept-language": "en"})
    assert in_english.json()["title"].startswith("The results of this run were cleared on ")
    never = await world.city.get(f"/v1/population-runs/{new_id()}/results/size_class/{made_up_code(1)}")
    assert (never.status_code, code_of(never)) == (404, "not_found")
    rest = (await world.city.get("/v1/population-results", params={"limit": 200})).json()["items"]
    assert len(rest) == KEPT * 15


@pytest.mark.usefixtures("firms")
async def test_a_run_is_refused_from_the_moment_its_clearing_begins(world: World) -> None:
    oldest, *_ = [await done(world) for _ in range(KEPT + 1)]
    async with acting(world) as tx:
        assert list(await usecases.begin_clearing(tx, kept=KEPT)) == [oldest]
    assert (await rows_of(world, oldest))["population_result"] == 15
    refused = await world.city.get("/v1/population-results", params={"run_id": str(oldest)})
    assert code_of(refused) == "population_run_cleared"


@pytest.mark.usefixtures("firms")
async def test_clearing_goes_on_behind_its_last_range_when_the_process_is_killed(world: World) -> None:
    oldest, *_ = [await done(world) for _ in range(KEPT + 1)]
    async with acting(world) as tx:
        await usecases.begin_clearing(tx, kept=KEPT)
    async with acting(world) as tx:
        assert await usecases.clear_range(tx, oldest)
    with pytest.raises(ZeroDivisionError):
        async with acting(world) as tx:
            assert await usecases.clear_range(tx, oldest)
            raise ZeroDivisionError  # the process ends before its commit
    assert await rows_of(world, oldest) == {"population_fact": 3, "population_result": 9, "population_range": 2}
    await world.service.run_job(CLEAR)
    assert await rows_of(world, oldest) == dict.fromkeys(TABLES, 0)
    await world.service.run_job(CLEAR)
    ends = await world.service.rows("SELECT 1 AS one FROM audit_entry WHERE action = 'population_run.cleared'")
    assert len(ends) == 1


@pytest.mark.usefixtures("firms")
async def test_a_run_that_goes_on_is_not_cleared_however_many_are_newer(world: World) -> None:
    slow = await world.city.post("/v1/population-runs", json={})
    async with acting(world) as tx:
        operation = await claim_operation(tx, rules.OPERATION)
        assert operation is not None
        deciding = await runs.prepare(tx, operation, world.service.app.state.rule_book)
    async with acting(world) as tx:
        assert await runs.decide_range(tx, deciding)
    for _ in range(KEPT + 1):
        run_id = new_id()
        async with acting(world) as tx:
            await runs.start_run(tx, run_id, policies=(), book=world.service.app.state.rule_book)
        await world.service.tamper("UPDATE operation SET state = 'DONE' WHERE id = $1", run_id)
    await world.service.run_job(CLEAR)
    assert (await rows_of(world, UUID(slow.json()["id"])))["population_result"] == 6
    await world.service.run_job(rules.OPERATION)
    assert ((await shown(world, UUID(slow.json()["id"])))["status"], deciding.run_id) == ("DONE", operation.id)
    assert (await rows_of(world, operation.id))["population_result"] == 15
    await world.service.run_job(CLEAR)
    assert await rows_of(world, operation.id) == dict.fromkeys(TABLES, 0)


@pytest.mark.usefixtures("firms")
async def test_a_range_that_is_decided_while_its_cancelled_run_is_cleared_leaves_no_row(world: World) -> None:
    cancelled = await world.city.post("/v1/population-runs", json={})
    run_id = UUID(cancelled.json()["id"])
    async with acting(world) as tx:
        operation = await claim_operation(tx, rules.OPERATION)
        assert operation is not None
        deciding = await runs.prepare(tx, operation, world.service.app.state.rule_book)
    async with acting(world) as tx:
        assert await runs.decide_range(tx, deciding)
    await world.city.post(f"/v1/population-runs/{run_id}:cancel")
    async with acting(world) as tx:
        tx.session.add(store.PopulationClearing(run_id=run_id, kept=1, begun_at=tx.now))
    with pytest.raises(RunCancelled):
        async with acting(world) as tx:
            await runs.decide_range(tx, deciding)
    await world.service.run_job(CLEAR)
    assert await rows_of(world, run_id) == dict.fromkeys(TABLES, 0)


@pytest.mark.usefixtures("firms")
async def test_a_run_that_a_publication_rests_on_is_kept_until_the_city_lets_it_go(world: World) -> None:
    published = await done(world)
    kept = await world.city.post(f"/v1/population-runs/{published}:keep", json=NOTICE)
    assert (kept.status_code, kept.json()["kept_for"]) == (200, [NOTICE["reference"]])
    again = await world.city.post(f"/v1/population-runs/{published}:keep", json=NOTICE)
    assert again.json()["kept_for"] == [NOTICE["reference"]]
    for _ in range(KEPT):
        await done(world)
    await world.service.run_job(CLEAR)
    assert (await rows_of(world, published))["population_result"] == 15
    released = await world.city.post(f"/v1/population-runs/{published}:release", json=NOTICE)
    assert (released.status_code, released.json()["kept_for"]) == (200, [])
    unknown = await world.city.post(f"/v1/population-runs/{published}:release", json=NOTICE)
    assert (unknown.status_code, code_of(unknown)) == (409, "population_reference_unknown")
    assert (await world.city.post(f"/v1/population-runs/{published}:keep", json=NOTICE)).status_code == 200
    await world.service.run_job(CLEAR)
    assert (await shown(world, published))["cleared_at"] is None
    await world.city.post(f"/v1/population-runs/{published}:release", json=NOTICE)
    await world.service.run_job(CLEAR)
    assert await rows_of(world, published) == dict.fromkeys(TABLES, 0)
    late = await world.city.post(f"/v1/population-runs/{published}:keep", json=NOTICE)
    assert (late.status_code, code_of(late)) == (410, "population_run_cleared")
    audited = await world.service.rows(
        "SELECT action FROM audit_entry WHERE action IN ('population_run.keep', 'population_run.release')"
    )
    assert [one["action"].rpartition(".")[2] for one in audited] == ["keep", "release", "keep", "release"]


async def test_only_the_city_keeps_a_run_or_lets_it_go(world: World) -> None:
    run_id = await done(world)
    for client in (world.district(), world.enterprise(1)):
        for verb in ("keep", "release"):
            refused = await client.post(f"/v1/population-runs/{run_id}:{verb}", json=NOTICE)
            assert (refused.status_code, code_of(refused)) == (403, "forbidden_role")


async def refused_by_the_database(world: World, statement: str, **words: Any) -> bool:
    """Tell whether the database refuses a statement of the service's own role."""
    try:
        async with acting(world) as tx:
            await tx.session.execute(text(statement), words)
    except DBAPIError as refused:
        return "append-only" in str(refused) or "permission denied" in str(refused)
    return False


@pytest.mark.usefixtures("firms")
async def test_the_database_lets_rows_go_of_no_run_but_of_those_that_are_cleared(world: World) -> None:
    stands, gone = await done(world), await done(world)
    async with acting(world) as tx:
        tx.session.add(store.PopulationClearing(run_id=gone, kept=1, begun_at=tx.now))
    for table in TABLES:
        assert await refused_by_the_database(
            world, f"DELETE FROM {table} WHERE run_id = :run", run=stands
        )  # constant names
        assert await refused_by_the_database(world, f"DELETE FROM {table}")  # constant names
        assert not await refused_by_the_database(
            world, f"DELETE FROM {table} WHERE run_id = :run", run=gone
        )  # constant names
    for statement in ("DELETE FROM population_clearing", "UPDATE population_clearing SET kept = 2"):
        assert await refused_by_the_database(world, statement)
    assert await rows_of(world, gone) == dict.fromkeys(TABLES, 0)
    assert (await rows_of(world, stands))["population_result"] == 15


@pytest.mark.usefixtures("firms")
async def test_two_processes_that_clear_at_once_end_each_run_once(world: World) -> None:
    oldest, *_ = [await done(world) for _ in range(KEPT + 1)]
    job = world.service.app.state.jobs.jobs[CLEAR]
    context = job_context(world.service.app)
    await asyncio.gather(*(run_once(job, context) for _ in range(2)))
    await world.service.run_job(CLEAR)  # what neither of them saw
    ends = await world.service.rows("SELECT 1 AS one FROM audit_entry WHERE action = 'population_run.cleared'")
    assert len(ends) == 1
    assert await rows_of(world, oldest) == dict.fromkeys(TABLES, 0)
