"""C1-C4, C8: money under races and retries, one finance on a real database."""

import asyncio
import random
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.kernel.ids import new_id
from tests.fault.attack.conftest import rounds
from tests.fault.attack.race import LEDGER, LOANS, Found, at_once, broken_line, changed, copies, new_firm
from tests.service.finance.world import BANK_A, BANK_B, FIRM, WAN, World, done, refused

pytestmark = pytest.mark.timeout(180)


async def ledger_faults(world: World, uscc: str, limit_fen: int) -> list[str]:
    ledger = await world.service.rows(LEDGER.format(uscc=uscc))
    return broken_line(limit_fen, ledger, await world.service.rows(LOANS.format(uscc=uscc)))


async def approved(world: World, uscc: str, evaluation: dict[str, Any], amount_fen: int, count: int) -> Found:
    model = await world.apply(evaluation["id"], uscc, amount_fen=amount_fen)
    await world.approve(model["id"], amount_fen=amount_fen)
    return await changed(world, copies(model["id"], count, banks=(BANK_A, BANK_B)))


@pytest.mark.fault("C1")
async def test_fifty_at_once_sign_for_a_tenth_each_and_ten_succeed(world: World) -> None:
    await world.admit_banks()
    for number in range(rounds(20, 2)):
        uscc, evaluation = await new_firm(world, 100 + number)
        limit = evaluation["limit_fen"]
        tenth = limit // 10
        found = await approved(world, uscc, evaluation, tenth, 50)

        def sign(one: dict[str, Any], tenth: int = tenth) -> Any:
            url, contract = f"/v1/loan-applications/{one['id']}:sign", world.contract(principal_fen=tenth)
            key = {"idempotency-key": str(new_id())}
            return lambda: world.bank(one["bank_uscc"]).post(url, json=contract, headers=key)

        answers = await at_once([sign(one) for one in found])
        assert await ledger_faults(world, uscc, limit) == []
        assert Counter(answer.status_code for answer in answers) == {201: 10, 409: 40}
        assert {answer.json()["code"] for answer in answers if answer.is_error} == {"credit_line_exceeded"}
        assert (await world.line(uscc))["available_fen"] == 0


@pytest.mark.fault("C1")
async def test_fifty_at_once_draw_a_tenth_of_one_loan_and_ten_succeed(world: World) -> None:
    await world.admit_banks()
    for number in range(rounds(20, 2)):
        uscc, evaluation = await new_firm(world, 200 + number)
        limit = evaluation["limit_fen"]
        application = await world.apply(evaluation["id"], uscc, amount_fen=limit)
        await world.approve(application["id"], amount_fen=limit)
        loan = await world.sign(application["id"], principal_fen=limit)
        url = f"/v1/loans/{loan['id']}/drawdowns"

        def draw(url: str = url, tenth: int = limit // 10) -> Any:
            note, key = world.note(amount_fen=tenth), {"idempotency-key": str(new_id())}
            return lambda: world.bank().post(url, json=note, headers=key)

        answers = await at_once([draw() for _ in range(50)])
        assert await ledger_faults(world, uscc, limit) == []
        codes = Counter(answer.status_code for answer in answers)
        assert (codes[201], set(codes)) == (10, {201, 409})
        line = await world.line(uscc)
        assert (line["reserved_fen"], line["drawn_fen"], line["available_fen"]) == (0, limit, 0)


async def loan_of(world: World, principal_fen: int, evaluation: dict[str, Any], bank: str = BANK_A) -> dict[str, Any]:
    application = await world.apply(evaluation["id"], bank=bank, amount_fen=principal_fen)
    await world.approve(application["id"], bank, amount_fen=principal_fen)
    return await world.sign(application["id"], bank, principal_fen=principal_fen)


@pytest.mark.fault("C2")
async def test_sixty_four_at_once_with_one_key_have_one_effect(world: World) -> None:
    loan = await loan_of(world, 100 * WAN, await world.ready_firm())
    url = f"/v1/loans/{loan['id']}/drawdowns"
    for _ in range(rounds(5, 2)):
        before = len(await world.service.rows(LEDGER.format(uscc=FIRM)))
        key, note = {"idempotency-key": str(new_id())}, world.note(amount_fen=1 * WAN)
        bank = world.bank()
        answers = await asyncio.gather(*(bank.post(url, json=note, headers=key) for _ in range(64)))
        created = [answer for answer in answers if answer.status_code == 201]
        running = [answer for answer in answers if answer.status_code != 201]
        assert len([one for one in created if "idempotency-replayed" not in one.headers]) == 1
        assert len({answer.content for answer in created}) == 1
        assert {(one.status_code, one.json()["code"]) for one in running} <= {(409, "idempotency_key_running")}
        assert all(one.headers["retry-after"] for one in running)
        assert len(await world.service.rows(LEDGER.format(uscc=FIRM))) == before + 1
        kept = await world.service.rows("SELECT 1 FROM idempotency_key WHERE key = :key", key=key["idempotency-key"])
        assert len(kept) == 1
        later = await bank.post(url, json=note, headers=key)
        assert (later.status_code, later.content) == (201, created[0].content)
    assert await ledger_faults(world, FIRM, (await world.line())["limit_fen"]) == []


@pytest.mark.fault("C3")
async def test_one_key_with_another_body_is_refused_and_tells_nothing_of_the_first(world: World) -> None:
    loan = await loan_of(world, 100 * WAN, await world.ready_firm())
    url, key = f"/v1/loans/{loan['id']}/drawdowns", {"idempotency-key": "one-key"}
    note = world.note(amount_fen=10 * WAN)
    first = done(await world.bank().post(url, json=note, headers=key), 201)
    for change in ({"amount_fen": 10 * WAN + 1}, {"note_no": "another"}, {"matures_on": "2027-10-31"}):
        again = await world.bank().post(url, json={**note, **change}, headers=key)
        refused(again, "idempotency_key_reused", 422)
        assert first["id"] not in again.text
    assert (await world.line())["drawn_fen"] == 10 * WAN


@pytest.mark.fault("C3")
async def test_one_key_of_two_banks_is_two_keys(world: World) -> None:
    evaluation = await world.ready_firm()
    loans = {bank: await loan_of(world, 50 * WAN, evaluation, bank) for bank in (BANK_A, BANK_B)}
    note, same, other = world.note(amount_fen=10 * WAN), {"idempotency-key": "same"}, {"idempotency-key": "other"}
    own = f"/v1/loans/{loans[BANK_A]['id']}/drawdowns"
    first = done(await world.bank(BANK_A).post(own, json=note, headers=same), 201)
    # The other bank sends the very request: another's loan does not exist for it, and no stored answer leaks.
    foreign = await world.bank(BANK_B).post(own, json=note, headers=same)
    refused(foreign, "not_found", 404)
    assert first["id"] not in foreign.text
    for number, bank in enumerate((BANK_A, BANK_B)):
        url, mine = f"/v1/loans/{loans[bank]['id']}/drawdowns", world.note(amount_fen=(number + 1) * WAN)
        answer = await world.bank(bank).post(url, json=mine, headers=other)
        assert done(answer, 201)["amount_fen"] == (number + 1) * WAN
        assert "idempotency-replayed" not in answer.headers


@pytest.mark.fault("C4")
async def test_a_refusal_is_not_kept_and_its_retry_is_judged_anew(world: World) -> None:
    evaluation = await world.ready_firm()
    limit = (await world.line())["limit_fen"]
    waiting = await world.apply(evaluation["id"], bank=BANK_B, amount_fen=limit)
    await world.approve(waiting["id"], BANK_B, amount_fen=limit)
    loan = await loan_of(world, limit, evaluation)
    url, key = f"/v1/loan-applications/{waiting['id']}:sign", {"idempotency-key": "patient"}
    contract = world.contract(principal_fen=limit)
    for _ in range(3):
        answer = await world.bank(BANK_B).post(url, json=contract, headers=key)
        refused(answer, "credit_line_exceeded")
        assert "idempotency-replayed" not in answer.headers
        assert done(await world.bank(BANK_B).get(f"/v1/loan-applications/{waiting['id']}"))["status"] == "APPROVED"
    drawdown = await world.draw(loan["id"], amount_fen=limit)
    await world.repay(drawdown["id"], limit)
    signed = await world.bank(BANK_B).post(url, json=contract, headers=key)
    assert done(signed, 201)["principal_fen"] == limit
    assert "idempotency-replayed" not in signed.headers
    again = await world.bank(BANK_B).post(url, json=contract, headers=key)
    assert (again.content, again.headers["idempotency-replayed"]) == (signed.content, "true")
    assert await ledger_faults(world, FIRM, limit) == []
    (loans,) = await world.service.rows(
        "SELECT count(*) AS n FROM loan WHERE contract_no = :no", no=contract["contract_no"]
    )
    assert loans["n"] == 1


@pytest.mark.fault("C8")
async def test_withdrawal_against_approval_ends_in_one_legal_state(world: World) -> None:
    evaluation = await world.ready_firm()
    model = await world.apply(evaluation["id"], amount_fen=1 * WAN)
    await world.step(model["id"], "accept")
    count = rounds(200, 16)
    found = await changed(world, copies(model["id"], count, banks=(BANK_A, BANK_A)))
    chance = random.Random(8)  # the same races on every run
    for number, one in enumerate(found):
        url = f"/v1/loan-applications/{one['id']}"
        approval = {"amount_fen": 1 * WAN, "term_months": 12, "bank_ref": f"C8-{number}"}
        rivals = [
            (world.bank(), f"{url}:approve", approval),
            (world.firm(), f"{url}:cancel", None),
        ]
        if number % 2:
            rivals.reverse()
        answers = await race(rivals, pause_s=chance.uniform(0, 0.012))
        by_action = dict(zip((path.rpartition(":")[2] for _, path, _ in rivals), answers, strict=True))
        assert await end(world, one["id"], by_action) == "CANCELLED"


@pytest.mark.fault("C8")
async def test_withdrawal_against_signature_ends_in_one_legal_state(world: World) -> None:
    evaluation = await world.ready_firm()
    limit = (await world.line())["limit_fen"]
    ends: Counter[str] = Counter()
    found = await approved(world, FIRM, evaluation, 1 * WAN, rounds(100, 12))
    chance = random.Random(8)  # the same races on every run
    for number, one in enumerate(found):
        url, bank = f"/v1/loan-applications/{one['id']}", world.bank(one["bank_uscc"])
        rivals = [
            (bank, f"{url}:sign", world.contract(principal_fen=1 * WAN)),
            (world.firm(), f"{url}:cancel", None),
        ]
        if number % 2:
            rivals.reverse()
        answers = await race(rivals, pause_s=chance.uniform(0, 0.012))
        by_action = dict(zip((path.rpartition(":")[2] for _, path, _ in rivals), answers, strict=True))
        assert sorted(answer.status_code for answer in answers) in ([200, 409], [201, 409]), by_action
        state = await end(world, one["id"], by_action)
        loans = await world.service.rows("SELECT 1 FROM loan WHERE application_id = :id", id=one["id"])
        assert (state, len(loans)) in {("SIGNED", 1), ("CANCELLED", 0)}
        ends[state] += 1
    assert await ledger_faults(world, FIRM, limit) == []
    print(f"C8: who came first decided: {dict(ends)}")


async def race(
    rivals: list[tuple[httpx.AsyncClient, str, dict[str, Any] | None]], *, pause_s: float
) -> list[httpx.Response]:
    """Let two actions run at once, the second one a moment behind."""

    async def run(client: httpx.AsyncClient, url: str, body: dict[str, Any] | None, pause_s: float) -> httpx.Response:
        await asyncio.sleep(pause_s)
        return await client.post(url, json=body)

    first, second = rivals
    return list(await asyncio.gather(run(*first, 0), run(*second, pause_s)))


async def end(world: World, application_id: str, answers: dict[str, httpx.Response]) -> str:
    """Return where an application ended, after checking that its answers, version and events tell one story."""
    assert {answer.status_code for answer in answers.values()} <= {200, 201, 409}, answers
    lost = [answer.json()["code"] for answer in answers.values() if answer.is_error]
    assert set(lost) <= {"application_state_conflict"}
    (row,) = await world.service.rows("SELECT status, version FROM loan_application WHERE id = :id", id=application_id)
    told = await world.service.rows(
        "SELECT data ->> 'status' AS status FROM outbox_event WHERE subject = 'finance.application.decided.v1'"
        " AND aggregate_id = :id ORDER BY position",
        id=application_id,
    )
    wins = [action for action, answer in answers.items() if answer.is_success]
    states = {"approve": "APPROVED", "cancel": "CANCELLED", "sign": "SIGNED"}
    assert sorted(one["status"] for one in told) == sorted(states[action] for action in wins)
    assert told[-1]["status"] == row["status"], "what was told last is not what is"
    return str(row["status"])


@pytest.mark.fault("C1")
async def test_a_fen_is_never_lost_between_a_line_and_its_loans(world: World) -> None:
    """Amounts whose hundredths a binary fraction does not hold."""
    evaluation = await world.ready_firm()
    loan = await loan_of(world, 300 * WAN + 1, evaluation)
    parts = (33_333_333, 1, 99_999_999, 123_456_789, 43_209_879)
    assert sum(parts) == 300 * WAN + 1
    for part in parts:
        drawdown = await world.draw(loan["id"], amount_fen=part)
        assert drawdown["amount_fen"] == part
        world.service.clock.advance(timedelta(seconds=1))
        await world.repay(drawdown["id"], part)
    line = await world.line()
    assert (line["reserved_fen"], line["drawn_fen"], line["available_fen"]) == (0, 0, line["limit_fen"])
    assert await ledger_faults(world, FIRM, line["limit_fen"]) == []
