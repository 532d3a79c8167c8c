"""The living thread inside finance: a patent lapses, one new evaluation follows, the bank looks before it approves."""

import asyncio
from datetime import timedelta
from typing import Any

from services.finance.evaluation.handlers.ipr import on_portfolios_changed
from services.finance.evaluation.usecases.kv_evaluation import evaluate_enterprise
from shared.kernel.actor import system_actor
from shared.kernel.ids import new_id
from tests.service.finance.world import BANK_A, BANK_B, FIRM, WAN, World, done, refused
from tests.support.bus import wrap
from tests.support.pair import until


async def evaluations(world: World) -> list[dict[str, Any]]:
    """Return the firm's evaluations, oldest first."""
    return done(await world.firm().get("/v1/kvc-evaluations"))["items"][::-1]


async def test_a_lapsed_patent_lowers_the_limit_for_new_applications_and_flags_the_open_one(world: World) -> None:
    before = await world.ready_firm()
    application = await world.apply(before["id"])
    cause = new_id()
    await world.tell_portfolio(inventions=0, utility_models=1, high_value=0, causation_id=cause)
    await world.settle()

    first, second = await evaluations(world)
    assert (first["id"], second["supersedes_id"]) == (before["id"], before["id"])
    assert (second["grade"], second["limit_fen"]) == ("D", 160 * WAN)
    assert (await world.line())["limit_fen"] == 160 * WAN
    told = [event for event in await world.service.events() if event.causation_id == cause]
    assert [event.subject for event in told] == [
        "finance.evaluation.completed.v1",
        "finance.limit.changed.v1",
        "finance.application.flagged.v1",
    ]
    flagged = told[-1].data
    assert (flagged.bank_uscc, flagged.flag) == (BANK_A, "evaluation_superseded")
    assert (flagged.old_limit_fen, flagged.new_limit_fen) == (400 * WAN, 160 * WAN)

    held = done(await world.firm().get(f"/v1/loan-applications/{application['id']}"))
    assert (held["snapshot_limit_fen"], held["snapshot_grade"]) == (400 * WAN, "B")
    await world.step(application["id"], "accept")
    body = {"amount_fen": 100 * WAN, "term_months": 12, "bank_ref": "A-1"}
    url = f"/v1/loan-applications/{application['id']}"
    refused(await world.bank().post(f"{url}:approve", json=body), "flag_not_acknowledged")
    acknowledged = await world.step(application["id"], "acknowledge")
    assert acknowledged["flag_acknowledged_at"] is not None
    assert done(await world.bank().post(f"{url}:approve", json=body))["status"] == "APPROVED"

    stale = world.application_body(before["id"])
    problem = refused(await world.firm().post("/v1/loan-applications", json=stale), "evaluation_changed")
    assert problem["details"]["evaluation_id"] == second["id"]
    await world.apply(second["id"])


async def test_many_changes_within_the_window_make_one_evaluation_under_the_first_cause(world: World) -> None:
    await world.ready_firm()
    cause = new_id()
    await world.tell_portfolio(inventions=1, causation_id=cause)
    await world.tell_title("HNTE", causation_id=new_id())
    await world.tell_enterprise(abnormal_operations=True)
    await world.settle()
    await world.settle()
    found = await evaluations(world)
    assert len(found) == 2
    completed = await world.service.events("finance.evaluation.completed.v1")
    assert completed[-1].causation_id == cause


async def test_nothing_is_settled_before_the_window_is_over(world: World) -> None:
    await world.ready_firm()
    await world.tell_portfolio(inventions=1)
    await world.service.run_job("settle")
    assert len(await evaluations(world)) == 1
    world.service.clock.advance(timedelta(seconds=2))
    await world.service.run_job("settle")
    assert len(await evaluations(world)) == 2


async def test_an_event_that_changes_no_fact_makes_no_evaluation(world: World) -> None:
    await world.ready_firm()
    await world.tell_portfolio()
    await world.settle()
    assert len(await evaluations(world)) == 1
    assert await world.service.rows("SELECT * FROM needs_evaluation") == []


async def test_a_firm_without_an_evaluation_is_not_settled_and_soon_forgotten(world: World) -> None:
    await world.tell_good_firm()
    await world.settle()
    assert await world.service.events("finance.evaluation.completed.v1") == []
    await world.service.run_job("forget_unevaluated")
    assert len(await world.service.rows("SELECT * FROM needs_evaluation")) == 1
    world.service.clock.advance(timedelta(minutes=6))
    await world.service.run_job("forget_unevaluated")
    assert await world.service.rows("SELECT * FROM needs_evaluation") == []


async def test_a_fact_that_arrives_while_the_first_evaluation_is_under_way_is_settled_after_it(world: World) -> None:
    await world.tell_good_firm()
    world.service.clock.advance(timedelta(minutes=6))
    await world.service.run_job("forget_unevaluated")
    actor = system_actor("finance")
    async with world.service.db.transaction(actor=actor, clock=world.service.clock) as tx:
        first = await evaluate_enterprise(tx, FIRM, world.service.app.state.rule_book, evaluation_id=new_id())
        await world.tell_portfolio(inventions=0, utility_models=1, high_value=0)
        first_limit = first.limit_fen
    await world.settle()
    assert first_limit == 400 * WAN
    assert (await world.line())["limit_fen"] == 160 * WAN


async def test_a_fact_that_is_being_written_while_its_firm_is_evaluated_is_never_lost(world: World) -> None:
    await world.tell_good_firm()  # queued already: its first facts have come
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    event = wrap(world.portfolio(inventions=0, utility_models=1, high_value=0), clock=world.service.clock, version=9)
    db, clock = world.service.db, world.service.clock
    async with asyncio.TaskGroup() as group, db.transaction(actor=system_actor("finance"), clock=clock) as change:
        await on_portfolios_changed(change, [event])
        evaluating = group.create_task(world.evaluate())

        async def came_as_far_as_it_can() -> bool:
            return evaluating.done() or bool(await world.service.rows(waiting))

        await until(came_as_far_as_it_can)
    await world.settle()
    assert (await world.line())["limit_fen"] == 160 * WAN


async def test_a_limit_that_fell_below_what_is_drawn_leaves_the_loan_and_allows_nothing_new(world: World) -> None:
    before = await world.ready_firm()
    application = await world.apply(before["id"], amount_fen=300 * WAN)
    await world.approve(application["id"], amount_fen=300 * WAN)
    loan = await world.sign(application["id"], principal_fen=300 * WAN)
    await world.draw(loan["id"], amount_fen=300 * WAN)
    await world.tell_portfolio(inventions=0, utility_models=1, high_value=0)
    await world.settle()
    line = await world.line()
    assert (line["limit_fen"], line["drawn_fen"], line["available_fen"]) == (160 * WAN, 300 * WAN, 0)
    current = (await evaluations(world))[-1]
    body = world.application_body(current["id"], amount_fen=1)
    problem = refused(await world.firm().post("/v1/loan-applications", json=body), "credit_line_exceeded")
    assert problem["details"] == {"available_fen": 0}
    await world.repay((await world.service.rows("SELECT id FROM drawdown"))[0]["id"], 200 * WAN)
    assert (await world.line())["available_fen"] == 60 * WAN


async def test_an_open_application_is_signed_on_the_limit_it_was_made_on(world: World) -> None:
    before = await world.ready_firm()
    application = await world.apply(before["id"], amount_fen=300 * WAN)
    await world.approve(application["id"], amount_fen=300 * WAN)
    await world.tell_portfolio(inventions=0, utility_models=1, high_value=0)
    await world.settle()
    assert (await world.line())["limit_fen"] == 160 * WAN
    loan = await world.sign(application["id"], principal_fen=300 * WAN)
    assert loan["status"] == "SIGNED"
    ledger = await world.service.rows("SELECT limit_in_force_fen FROM credit_movement WHERE kind = 'RESERVE'")
    assert ledger == [{"limit_in_force_fen": 400 * WAN}]


async def test_a_limit_that_rose_does_not_help_an_application_made_before(world: World) -> None:
    await world.tell_good_firm()
    await world.tell_portfolio(inventions=0, utility_models=1, high_value=0)
    await world.admit_banks()
    low = await world.evaluate()
    assert low["limit_fen"] == 160 * WAN
    for bank in (BANK_A, BANK_B):
        await world.consent(FIRM, bank)
    first = await world.apply(low["id"], amount_fen=160 * WAN)
    second = await world.apply(low["id"], bank=BANK_B, amount_fen=160 * WAN)
    await world.approve(first["id"], amount_fen=160 * WAN)
    await world.approve(second["id"], BANK_B, amount_fen=160 * WAN)
    await world.tell_portfolio(inventions=9)
    await world.settle()
    assert (await world.line())["limit_fen"] >= 400 * WAN
    await world.sign(first["id"], principal_fen=160 * WAN)
    url = f"/v1/loan-applications/{second['id']}:sign"
    contract = world.contract(principal_fen=1)
    problem = refused(await world.bank(BANK_B).post(url, json=contract), "credit_line_exceeded")
    assert problem["details"] == {"available_fen": 0}


async def test_a_second_change_raises_an_acknowledged_flag_again(world: World) -> None:
    before = await world.ready_firm()
    application = await world.apply(before["id"])
    await world.tell_portfolio(inventions=3)
    await world.settle()
    await world.step(application["id"], "acknowledge")
    await world.tell_portfolio(inventions=2)
    await world.settle()
    held = done(await world.bank().get(f"/v1/loan-applications/{application['id']}"))
    assert (held["flag"], held["flag_acknowledged_at"]) == ("evaluation_superseded", None)
