"""The line that all banks share: never exceeded, never lost, every step in a ledger that nobody can change."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from services.finance.evaluation.rules.credit_line import Movement, MovementKind
from services.finance.evaluation.store import credit_line as lines
from shared.kernel.actor import system_actor
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from tests.service.finance.world import BANK_A, BANK_B, FIRM, WAN, World, done, refused

OVER_THE_LIMIT = """
INSERT INTO credit_movement
SELECT gen_random_uuid(), uscc, 99, 'RESERVE', 1, 10, 11, 0, NULL, NULL, now() FROM credit_line
"""


async def check_ledger(world: World) -> None:
    """Replay the ledger from nothing and compare it with the line and with the loans."""
    reserved = drawn = 0
    steps = await world.service.rows("SELECT * FROM credit_movement WHERE uscc = :uscc ORDER BY version", uscc=FIRM)
    assert [step["version"] for step in steps] == list(range(1, len(steps) + 1))
    for step in steps:
        amount, kind = step["amount_fen"], step["kind"]
        reserved += {"RESERVE": amount, "USE": -amount, "RELEASE_RESERVED": -amount}.get(kind, 0)
        drawn += {"USE": amount, "RELEASE_DRAWN": -amount}.get(kind, 0)
        assert (step["reserved_after_fen"], step["drawn_after_fen"]) == (reserved, drawn)
    line = await world.line()
    assert (line["reserved_fen"], line["drawn_fen"]) == (reserved, drawn)
    (loans,) = await world.service.rows(
        "SELECT coalesce(sum(principal_fen - drawn_fen - released_fen), 0) AS reserved,"
        " coalesce(sum(drawn_fen - repaid_fen), 0) AS drawn FROM loan"
    )
    assert (int(loans["reserved"]), int(loans["drawn"])) == (reserved, drawn)


async def approved(world: World, count: int, amount_fen: int) -> list[str]:
    """Return the ids of approved applications of one firm, written over two banks."""
    evaluation = await world.ready_firm()
    found = []
    for number in range(count):
        bank = (BANK_A, BANK_B)[number % 2]
        application = await world.apply(evaluation["id"], bank=bank, amount_fen=amount_fen)
        await world.approve(application["id"], bank, amount_fen=amount_fen)
        found.append(application["id"])
    return found


async def test_fifty_parallel_signatures_over_two_banks_never_exceed_the_limit(world: World) -> None:
    applications = await approved(world, 50, 40 * WAN)
    clients = {bank: world.bank(bank) for bank in (BANK_A, BANK_B)}

    async def sign(number: int, application: str) -> int:
        contract = world.contract(principal_fen=40 * WAN)
        client = clients[(BANK_A, BANK_B)[number % 2]]
        while True:
            response = await client.post(f"/v1/loan-applications/{application}:sign", json=contract)
            if response.status_code != 503:
                return response.status_code

    codes = await asyncio.gather(*(sign(number, one) for number, one in enumerate(applications)))
    assert (codes.count(201), codes.count(409)) == (10, 40)
    line = await world.line()
    assert (line["reserved_fen"], line["available_fen"]) == (400 * WAN, 0)
    await check_ledger(world)


async def test_a_bank_that_comes_second_learns_what_is_left_and_not_who_was_first(world: World) -> None:
    evaluation = await world.ready_firm()
    first = await world.apply(evaluation["id"], amount_fen=300 * WAN)
    second = await world.apply(evaluation["id"], bank=BANK_B, amount_fen=300 * WAN)
    await world.approve(first["id"], amount_fen=300 * WAN)
    await world.approve(second["id"], BANK_B, amount_fen=300 * WAN)
    await world.sign(first["id"], principal_fen=300 * WAN)
    url = f"/v1/loan-applications/{second['id']}:sign"
    response = await world.bank(BANK_B).post(url, json=world.contract(principal_fen=300 * WAN))
    problem = refused(response, "credit_line_exceeded")
    assert problem["details"] == {"available_fen": 100 * WAN}
    assert BANK_A not in response.text
    await world.sign(second["id"], BANK_B, principal_fen=100 * WAN)
    await check_ledger(world)


async def test_the_database_refuses_what_the_rule_would_have_refused(world: World) -> None:
    await world.ready_firm()
    for statement in (
        "UPDATE credit_line SET reserved_fen = -1",
        OVER_THE_LIMIT,
        "UPDATE credit_movement SET amount_fen = 5",
        "DELETE FROM credit_movement",
        "TRUNCATE credit_movement",
    ):
        with pytest.raises(DBAPIError):
            async with world.service.db.engine.begin() as connection:
                await connection.exec_driver_sql(statement)
    await check_ledger(world)


async def test_the_guarded_update_refuses_even_when_no_rule_was_asked(world: World) -> None:
    await world.ready_firm()
    clock = world.service.clock
    too_much = Movement(MovementKind.RESERVE, 400 * WAN + 1, 400 * WAN + 1, 0)
    with pytest.raises(Refusal, match="credit_line_exceeded"):
        async with world.service.db.transaction(actor=system_actor("finance"), clock=clock) as tx:
            await lines.reserve(tx, FIRM, too_much, own_limit_fen=400 * WAN, loan_id=new_id())
    assert (await world.line())["reserved_fen"] == 0


async def test_drawdowns_and_repayments_in_parallel_lose_no_fen(world: World) -> None:
    (application,) = await approved(world, 1, 300 * WAN)
    loan = await world.sign(application, principal_fen=300 * WAN)
    bank = world.bank()

    async def post(url: str, body: dict[str, Any]) -> dict[str, Any] | None:
        while True:
            response = await bank.post(url, json=body)
            if response.status_code != 503:
                return response.json() if response.status_code == 201 else None

    url = f"/v1/loans/{loan['id']}/drawdowns"
    notes = await asyncio.gather(*(post(url, world.note(amount_fen=40 * WAN)) for _ in range(10)))
    drawn = [note for note in notes if note]
    assert len(drawn) == 7
    today = world.service.clock.now().date().isoformat()
    await asyncio.gather(
        *(
            post(
                f"/v1/drawdowns/{note['id']}/repayments",
                {"bank_ref": f"R-{new_id()}", "amount_fen": 15 * WAN, "value_on": today},
            )
            for note in drawn
            for _ in range(3)
        )
    )
    line = await world.line()
    assert (line["reserved_fen"], line["drawn_fen"]) == (20 * WAN, 7 * 10 * WAN)
    await check_ledger(world)


async def test_a_bank_reference_is_unique_for_ever(world: World) -> None:
    first, _, third = await approved(world, 3, 10 * WAN)
    loan = await world.sign(first, contract_no="C-1", principal_fen=10 * WAN)
    drawdown = await world.draw(loan["id"], note_no="N-1", amount_fen=5 * WAN)
    bank = world.bank()
    for note_no in ("N-1", "n-1", "Ｎ－１", "N -1", "'N-1", "N-\u200b1", "N–1"):
        again = world.note(note_no=note_no, amount_fen=1)
        refused(await bank.post(f"/v1/loans/{loan['id']}/drawdowns", json=again), "bank_ref_already_used")
    body = {"bank_ref": "r-1 ", "amount_fen": 1, "value_on": "2026-11-23"}
    booked = done(await bank.post(f"/v1/drawdowns/{drawdown['id']}/repayments", json=body), 201)
    assert booked["bank_ref"] == "r-1"
    for bank_ref in ("r-1", "R-1", "Ｒ-1", "R- 1", "\ufeffr-1"):
        again = {**body, "bank_ref": bank_ref}
        refused(await bank.post(f"/v1/drawdowns/{drawdown['id']}/repayments", json=again), "bank_ref_already_used")
    contract = world.contract(contract_no="ｃ－１", principal_fen=10 * WAN)
    refused(await bank.post(f"/v1/loan-applications/{third}:sign", json=contract), "bank_ref_already_used")
    line = await world.line()
    assert (line["reserved_fen"], line["drawn_fen"]) == (5 * WAN, 5 * WAN - 1)
    await check_ledger(world)


async def test_a_repeated_drawdown_with_one_key_draws_once(world: World) -> None:
    (application,) = await approved(world, 1, 100 * WAN)
    loan = await world.sign(application)
    headers = {"idempotency-key": "draw-1"}
    body = world.note()
    url = f"/v1/loans/{loan['id']}/drawdowns"
    first = await world.bank().post(url, json=body, headers=headers)
    second = await world.bank().post(url, json=body, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert (await world.line())["drawn_fen"] == 60 * WAN
    refused(await world.bank().post(url, json=body, headers={"idempotency-key": ""}), "idempotency_key_missing", 400)


async def test_an_approval_that_nobody_signs_lapses_after_its_last_day(world: World) -> None:
    (application,) = await approved(world, 1, 100 * WAN)
    world.service.clock.advance(timedelta(days=30))
    await world.service.run_job("lapse_approvals")
    assert done(await world.bank().get(f"/v1/loan-applications/{application}"))["status"] == "APPROVED"
    world.service.clock.advance(timedelta(days=1))
    url = f"/v1/loan-applications/{application}:sign"
    refused(await world.bank().post(url, json=world.contract()), "approval_lapsed")
    await world.service.run_job("lapse_approvals")
    assert done(await world.bank().get(f"/v1/loan-applications/{application}"))["status"] == "LAPSED"
    refused(await world.bank().post(url, json=world.contract()), "application_state_conflict")


async def test_what_nobody_draws_is_released_after_ninety_days(world: World) -> None:
    first, second = await approved(world, 2, 100 * WAN)
    untouched = await world.sign(second, BANK_B)
    loan = await world.sign(first)
    await world.draw(loan["id"], amount_fen=30 * WAN, matures_on="2027-10-01")
    world.service.clock.advance(timedelta(days=91))
    await world.service.run_job("lapse_loans")
    assert done(await world.bank().get(f"/v1/loans/{loan['id']}"))["status"] == "SIGNED"
    assert done(await world.bank(BANK_B).get(f"/v1/loans/{untouched['id']}"))["status"] == "LAPSED"
    line = await world.line()
    assert (line["reserved_fen"], line["drawn_fen"]) == (0, 30 * WAN)
    released = sorted(event.data.released_fen for event in await world.service.events("finance.loan.lapsed.v1"))
    assert released == [70 * WAN, 100 * WAN]
    refused(await world.bank().post(f"/v1/loans/{loan['id']}/drawdowns", json=world.note()), "drawing_period_over")
    await check_ledger(world)
