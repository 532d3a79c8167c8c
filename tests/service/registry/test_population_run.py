"""Runs over all enterprises: what is read, decided and stored agrees with the evaluation of each firm alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.registry.enterprise.usecases import enterprise as enterprises
from services.registry.enterprise.usecases import qualification as qualifications
from services.registry.evaluation.rules import population_run as rules
from services.registry.evaluation.rules.dossier_text import mark_text, title_text
from services.registry.evaluation.rules.population_decision import PopulationPolicy
from services.registry.evaluation.rules.population_fact import BETWEEN
from services.registry.evaluation.store import population_run as store
from services.registry.evaluation.usecases import population_run as usecases
from services.registry.evaluation.usecases.population_run import Deciding, RunCancelled
from shared.bus.job import run_once
from shared.db.operation import Operation, claim_operation
from shared.db.transaction import Transaction
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.policy.book import RuleBook
from shared.web.service import job_context
from tests.service.registry.world import EVIDENCE, World, code_of, made_up_code

CITY = Actor(client_id="city", role=Role.CITY, party=None, unit_id=None)
SME, REGISTER, SIZE = PopulationPolicy.TECH_SME, PopulationPolicy.REGISTER, PopulationPolicy.SIZE_CLASS


@asynccontextmanager
async def acting(world: World, actor: Actor = CITY) -> AsyncIterator[Transaction]:
    """Open a transaction for somebody."""
    async with world.service.db.transaction(actor=actor, clock=world.service.clock) as tx:
        yield tx


def book_of(world: World) -> RuleBook:
    book: RuleBook = world.service.app.state.rule_book
    return book


async def asked_for(world: World, *policies: PopulationPolicy) -> UUID:
    """Ask for a run."""
    run_id = new_id()
    async with acting(world) as tx:
        await usecases.start_run(tx, run_id, policies=policies, book=book_of(world))
    return run_id


async def begun(world: World) -> tuple[Operation, Deciding]:
    """Begin the oldest run as a process does: claimed, prepared, and its first range decided."""
    async with acting(world) as tx:
        operation = await claim_operation(tx, rules.OPERATION)
        assert operation is not None
        deciding = await usecases.prepare(tx, operation, book_of(world))
    async with acting(world) as tx:
        assert await usecases.decide_range(tx, deciding)
    return operation, deciding


async def state_of(world: World, run_id: UUID) -> tuple[str, int, int | None]:
    async with acting(world) as tx:
        run = await usecases.read_run(tx, run_id)
    return run.state, run.done, run.total


async def results(world: World, run_id: UUID) -> dict[tuple[PopulationPolicy, str], dict[str, Any]]:
    rows = await world.service.rows("SELECT * FROM population_result WHERE run_id = :run", run=run_id)
    return {(PopulationPolicy(row["policy"]), row["uscc"]): row for row in rows}


async def city_of(world: World, firms: int = 5) -> None:
    """Register firms: 1 qualifies, 2 has no filing, 3 is a branch, 4 stands on a list, 5 is directly confirmed."""
    for number in range(1, firms + 1):
        await world.registered(number, legal_form="BRANCH" if number == 3 else "LIMITED")
        if number != 2:
            await world.filed(number, **({"rd_expense_fen": 0, "super_deduction_fen": 0} if number == 5 else {}))
    await world.with_portfolio(1, class_2=2)
    marked = await world.city.post(
        f"/v1/enterprises/{made_up_code(4)}/integrity-marks",
        json={"kind": "SERIOUS_DISHONESTY", "active": True, "effective_on": "2026-05-01", "evidence": EVIDENCE},
    )
    assert marked.status_code < 300, marked.text
    title = {
        "kind": "HNTE", "number": "GR202551100001", "valid_from_on": "2025-11-01", "evidence": EVIDENCE,
    }  # fmt: skip
    entered = await world.city.post(f"/v1/enterprises/{made_up_code(5)}/qualifications", json=title)
    assert entered.status_code == 201, entered.text


@pytest.fixture(autouse=True)
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "RANGE_FIRMS", 2)


async def test_a_run_decides_every_firm_under_three_rule_sets_and_counts_the_verdicts(world: World) -> None:
    await city_of(world)
    run_id = await asked_for(world)
    assert await state_of(world, run_id) == ("QUEUED", 0, None)
    await world.service.run_job(rules.OPERATION)
    assert await state_of(world, run_id) == ("DONE", 5, 5)
    found = await results(world, run_id)
    said = {number: found[SME, made_up_code(number)]["verdict"] for number in range(1, 6)}
    assert said == {
        1: "QUALIFIED", 2: "FILING_MISSING", 3: "NOT_QUALIFIED", 4: "NOT_QUALIFIED", 5: "QUALIFIED_DIRECT",
    }  # fmt: skip
    assert (found[SME, made_up_code(1)]["score_milli"], found[SME, made_up_code(1)]["gates"]) == (82_000, 0b11111)
    assert found[SME, made_up_code(4)]["gates"] == 0b10111
    assert found[SME, made_up_code(2)]["score_milli"] is None
    async with acting(world) as tx:
        run = await usecases.read_run(tx, run_id)
    assert run.result is not None
    assert run.result["verdicts"][SME] == {
        "QUALIFIED": 1, "FILING_MISSING": 1, "NOT_QUALIFIED": 2, "QUALIFIED_DIRECT": 1,
    }  # fmt: skip
    assert {policy: sum(counts.values()) for policy, counts in run.result["verdicts"].items()} == dict.fromkeys(
        (SME, REGISTER, SIZE), 5
    )


async def test_each_result_is_explained_by_the_whole_evaluation_of_the_frozen_facts(world: World) -> None:
    await city_of(world)
    run_id = await asked_for(world)
    await world.service.run_job(rules.OPERATION)
    for policy, uscc in await results(world, run_id):
        async with acting(world) as tx:
            told = await usecases.explain_result(tx, run_id, policy=policy, uscc=uscc, book=book_of(world))
        assert told.same, (policy, uscc, told.explained)
    answer = await world.enterprise(5).post("/v1/tech-sme-evaluations", json={"uscc": made_up_code(5)})
    alone = answer.json()["decision"]
    async with acting(world) as tx:
        told = await usecases.explain_result(tx, run_id, policy=SME, uscc=made_up_code(5), book=book_of(world))
    assert told.explained.record is not None
    assert told.explained.record.result == alone["result"]
    assert [gate.open for gate in told.explained.record.gates] == [gate["open"] for gate in alone["gates"]]
    values = {name: fact["value"] for name, fact in alone["facts"].items()}
    assert {name: fact.value for name, fact in told.explained.record.facts.items()} == values


async def test_a_result_replays_from_what_was_frozen_though_the_firm_has_changed(world: World) -> None:
    await city_of(world)
    run_id = await asked_for(world)
    await world.service.run_job(rules.OPERATION)
    await world.filed(1, rd_expense_fen=0, super_deduction_fen=0)
    await world.with_portfolio(1, class_2=0, version=2)
    async with acting(world) as tx:
        told = await usecases.explain_result(tx, run_id, policy=SME, uscc=made_up_code(1), book=book_of(world))
        frozen = await store.facts_of(tx, run_id, made_up_code(1))
    assert (told.same, told.result.score_milli) == (True, 82_000)
    assert frozen is not None
    assert (frozen.filing_year, frozen.filing_version, frozen.portfolio_version) == (2025, 1, 1)
    again = await asked_for(world, SME)
    await world.service.run_job(rules.OPERATION)
    assert (await results(world, again))[SME, made_up_code(1)]["score_milli"] == 20_000
    assert {policy for policy, _ in await results(world, again)} == {SME}


async def test_marks_and_titles_are_frozen_in_the_words_of_the_rules(world: World) -> None:
    uscc = await world.registered()
    for kind, *days in (("MAJOR_ACCIDENT", "2025-02-01", "2025-03-01"), ("ABNORMAL_OPERATIONS", "2024-01-05", None)):
        await world.service.tamper(
            "INSERT INTO integrity_mark (id, uscc, kind, opened_on, cleared_on, opened_evidence, cleared_evidence,"
            " entered_by, created_at) VALUES (gen_random_uuid(), $1, $2, CAST($3::text AS date),"
            " CAST($4::text AS date), '{}', 'null', 'x', now())",
            uscc, kind, *days,
        )  # fmt: skip
    for number, (kind, until, revoked, award, led) in enumerate((
        ("STANDARD_LEAD", None, None, None, 4), ("NATIONAL_AWARD", None, None, 2, None),
        ("HNTE", "2027-01-01", None, None, None), ("TECH_SME", "2025-03-31", "2025-02-02", None, None),
    )):  # fmt: skip
        await world.service.tamper(
            "INSERT INTO qualification (id, uscc, kind, number, status, valid_from_on, valid_until_on, revoked_on,"
            " award_rank, drafting_rank, evidence, revocation_evidence, entered_by, created_at, updated_at)"
            " VALUES (gen_random_uuid(), $1, $2, $3, CASE WHEN $5::text IS NULL THEN 'VALID' ELSE 'REVOKED' END,"
            " '2024-01-01', CAST($4::text AS date), CAST($5::text AS date), $6, $7,"
            " '{\"level\": \"DOCUMENT\"}', 'null',"
            " 'x', now(), now())",
            uscc, kind, str(number), until, revoked, award, led,
        )  # fmt: skip
    run_id = await asked_for(world)
    await world.service.run_job(rules.OPERATION)
    async with acting(world) as tx:
        frozen = await store.facts_of(tx, run_id, uscc)
        marks = sorted(await enterprises.marks_of(tx, uscc), key=lambda mark: (mark.opened_on, mark.kind))
        titles = sorted(await qualifications.titles_of(tx, uscc), key=lambda title: (title.kind, title.number))
    assert frozen is not None
    assert frozen.marks == BETWEEN.join(map(mark_text, marks))
    assert frozen.titles == BETWEEN.join(map(title_text, titles))
    assert (len(marks), len(titles)) == (2, 4)


async def test_a_range_that_was_cut_off_leaves_nothing_and_is_decided_by_the_next_process(world: World) -> None:
    await city_of(world)
    run_id = await asked_for(world)
    _, deciding = await begun(world)
    with pytest.raises(ZeroDivisionError):
        async with acting(world) as tx:
            assert await usecases.decide_range(tx, deciding)
            raise ZeroDivisionError  # the process ends before its commit
    assert await state_of(world, run_id) == ("RUNNING", 2, 5)
    assert len(await results(world, run_id)) == 2 * 3
    await world.service.run_job(rules.OPERATION)
    assert await state_of(world, run_id) == ("DONE", 5, 5)
    assert len(await results(world, run_id)) == 5 * 3


async def test_two_processes_share_the_ranges_and_each_firm_is_decided_once(world: World) -> None:
    await city_of(world)
    run_id = await asked_for(world)
    job = world.service.app.state.jobs.jobs[rules.OPERATION]
    await asyncio.gather(*(run_once(job, job_context(world.service.app)) for _ in range(2)))
    await world.service.run_job(rules.OPERATION)  # closes the run where both saw the other's range open
    assert await state_of(world, run_id) == ("DONE", 5, 5)
    assert len(await results(world, run_id)) == 5 * 3


async def test_a_cancelled_run_keeps_its_ranges_and_takes_no_other(world: World) -> None:
    await city_of(world)
    run_id = await asked_for(world)
    _, deciding = await begun(world)
    async with acting(world) as tx:
        assert (await usecases.cancel_run(tx, run_id)).state == "CANCELLED"
    with pytest.raises(RunCancelled):
        async with acting(world) as tx:
            await usecases.decide_range(tx, deciding)
    await world.service.run_job(rules.OPERATION)
    assert await state_of(world, run_id) == ("CANCELLED", 2, 5)
    assert len(await results(world, run_id)) == 2 * 3
    with pytest.raises(Refusal) as refused:
        async with acting(world) as tx:
            await usecases.cancel_run(tx, run_id)
    assert refused.value.code.code == "population_run_ended"


async def test_a_run_that_cannot_go_on_is_closed_and_keeps_the_ranges_that_were_stored(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await city_of(world)
    run_id = await asked_for(world)
    operation, _ = await begun(world)

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(usecases, "_decided", broken)
    await world.service.run_job(rules.OPERATION)
    async with acting(world) as tx:
        run = await usecases.read_run(tx, run_id)
    assert (run.state, run.done, run.error) == ("FAILED", 2, "internal")
    assert {policy: sum(counts.values()) for policy, counts in usecases.verdicts_of(run).items()} == dict.fromkeys(
        (SME, REGISTER, SIZE), 2
    )
    async with acting(world) as tx:
        await usecases.fail(tx, operation, "internal")  # as the second process would
    rows = await world.service.rows("SELECT action FROM audit_entry WHERE action = 'population_run.fail'")
    assert len(rows) == 1


def somebody(role: Role) -> Actor:
    return Actor(client_id="somebody", role=role, party=made_up_code(1), unit_id="500107")


async def test_the_auditor_reads_a_run_and_starts_and_ends_none(world: World) -> None:
    run_id = await asked_for(world)
    async with acting(world, somebody(Role.AUDITOR)) as tx:
        assert (await usecases.read_run(tx, run_id)).state == "QUEUED"
    with pytest.raises(Refusal, match="forbidden_role"):
        async with acting(world, somebody(Role.AUDITOR)) as tx:
            await usecases.start_run(tx, new_id(), policies=(), book=book_of(world))
    with pytest.raises(Refusal, match="forbidden_role"):
        async with acting(world, somebody(Role.AUDITOR)) as tx:
            await usecases.cancel_run(tx, run_id)


@pytest.mark.parametrize("role", [Role.DISTRICT, Role.ENTERPRISE, Role.BANK, Role.FUND_MANAGER])
async def test_nobody_else_asks_for_a_run_or_looks_at_one(world: World, role: Role) -> None:
    run_id = await asked_for(world)
    with pytest.raises(Refusal, match="forbidden_role"):
        async with acting(world, somebody(role)) as tx:
            await usecases.start_run(tx, new_id(), policies=(), book=book_of(world))
    with pytest.raises(Refusal, match="forbidden_role"):
        async with acting(world, somebody(role)) as tx:
            await usecases.read_run(tx, run_id)


async def test_a_run_is_audited_from_start_to_end(world: World) -> None:
    await world.registered()
    run_id = await asked_for(world)
    await world.service.run_job(rules.OPERATION)
    rows = await world.service.rows(
        "SELECT action FROM audit_entry WHERE subject = :subject", subject=f"population_run/{run_id}"
    )
    assert {row["action"] for row in rows} == {"population_run.start", "population_run.finish"}


async def test_a_run_over_no_firms_ends_at_once(world: World) -> None:
    run_id = await asked_for(world)
    await world.service.run_job(rules.OPERATION)
    assert await state_of(world, run_id) == ("DONE", 0, 0)


async def test_the_day_of_a_run_is_the_day_it_was_asked_for(world: World) -> None:
    await world.registered()
    run_id = await asked_for(world)
    async with acting(world) as tx:
        assert {one.as_of_on for one in await store.rule_sets_of(tx, run_id)} == {date(2026, 11, 23)}


async def test_the_city_asks_over_http_follows_lists_counts_and_exports(world: World) -> None:
    await city_of(world)
    asked = await world.city.post("/v1/population-runs", json={"policies": ["tech_sme_evaluation"]})
    assert asked.status_code == 202, asked.text
    address = asked.headers["location"]
    assert (asked.json()["status"], asked.json()["done"]) == ("QUEUED", 0)
    await world.service.run_job(rules.OPERATION)
    run = (await world.city.get(address)).json()
    assert (run["status"], run["done"], run["total"], run["as_of_on"]) == ("DONE", 5, 5, "2026-11-23")
    (held,) = run["rule_sets"]
    assert (held["policy"], held["verdicts"]["QUALIFIED"], held["verdicts"]["FILING_MISSING"]) == (SME.value, 1, 1)
    listed = (await world.city.get(run["results"], params={"run_id": run["id"], "verdict": "QUALIFIED"})).json()
    (item,) = listed["items"]
    assert (item["uscc"], item["name"], item["score_milli"]) == (made_up_code(1), "示例科技有限公司1", 82_000)
    counts = (await world.city.get("/v1/population-results/counts", params={"run_id": run["id"]})).json()
    assert (counts["total"], counts["counts"]["NOT_QUALIFIED"], counts["counts"]["MICRO"]) == (5, 2, 0)
    for kind in ("csv", "xlsx"):
        export = await world.city.get(f"/v1/exports/population-results.{kind}", params={"run_id": run["id"]})
        assert export.status_code == 200, export.text
    told = await world.city.get(f"{address}/results/tech_sme_evaluation/{made_up_code(1)}")
    assert told.status_code == 200, told.text
    assert (told.json()["same"], told.json()["decision"]["result"]["score_milli"]) == (True, 82_000)
    ended = await world.city.post(f"{address}:cancel")
    assert (ended.status_code, code_of(ended)) == (409, "population_run_ended")
    unknown = await world.city.get(f"/v1/population-runs/{new_id()}")
    assert (unknown.status_code, unknown.json()["title"]) == (404, "未找到 批量测算")


async def test_each_rule_set_of_a_run_is_explained_over_http(world: World) -> None:
    await city_of(world)
    asked = await world.city.post("/v1/population-runs", json={})
    await world.service.run_job(rules.OPERATION)
    said = {}
    for policy in PopulationPolicy:
        answer = await world.city.get(f"{asked.headers['location']}/results/{policy.value}/{made_up_code(1)}")
        assert answer.status_code == 200, answer.text
        said[policy] = answer.json()
    assert all(one["same"] for one in said.values())
    assert len(said[REGISTER]["decision"]["conditions"]) == 9
    assert said[SIZE]["decision"]["hits"]
    missing = await world.city.get(f"{asked.headers['location']}/results/{SME.value}/{made_up_code(2)}")
    assert (missing.json()["verdict"], missing.json()["decision"]) == ("FILING_MISSING", None)


async def test_runs_are_listed_the_newest_first_each_with_its_rule_sets(world: World) -> None:
    await world.registered()
    asked = [(await world.city.post("/v1/population-runs", json=one)).json() for one in ({}, {"policies": [SIZE]})]
    await world.service.run_job(rules.OPERATION)
    first = (await world.city.get("/v1/population-runs", params={"limit": 1})).json()
    assert [one["id"] for one in first["items"]] == [asked[1]["id"]]
    (newest,) = first["items"]
    assert newest == (await world.city.get(f"/v1/population-runs/{newest['id']}")).json()
    (rule_set,) = newest["rule_sets"]
    assert (newest["status"], rule_set["policy"], rule_set["verdicts"]) == ("DONE", SIZE.value, {"FILING_MISSING": 1})
    others = await world.city.get("/v1/population-runs", params={"limit": 1, "cursor": first["next_cursor"]})
    assert [(one["id"], len(one["rule_sets"])) for one in others.json()["items"]] == [(asked[0]["id"], 3)]
    assert others.json()["next_cursor"] is None
    none = await world.city.get("/v1/population-runs", params={"as_of_until_on": "2026-11-22"})
    assert none.json()["items"] == []
    refused = await world.district().get("/v1/population-runs")
    assert (refused.status_code, code_of(refused)) == (403, "forbidden_role")


async def test_a_cancelled_run_says_so_over_http(world: World) -> None:
    await world.registered()
    asked = await world.city.post("/v1/population-runs", json={})
    ended = await world.city.post(f"{asked.headers['location']}:cancel")
    assert (ended.status_code, ended.json()["status"]) == (200, "CANCELLED")


async def test_a_district_with_the_scopes_sees_no_run_and_no_other_district_in_the_results(world: World) -> None:
    await city_of(world)
    asked = await world.city.post("/v1/population-runs", json={})
    await world.service.run_job(rules.OPERATION)
    run_id = asked.json()["id"]
    for client in (world.district("500103"), world.district(), world.enterprise(1)):
        refused = await client.get(asked.headers["location"])
        assert (refused.status_code, code_of(refused)) == (403, "forbidden_role")
        started = await client.post("/v1/population-runs", json={})
        assert (started.status_code, code_of(started)) == (403, "forbidden_role")
    other = await world.district("500103").get("/v1/population-results", params={"run_id": run_id})
    assert other.json()["items"] == []
