"""Hot money writes: one read and one statement, decided anew where somebody was quicker, at last with held rows."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import pytest

from services.finance import app as finance
from services.finance.lending.store import drawdown as drawdowns
from shared.db.single import SingleWrite
from shared.events.finance import LoanDrawn
from shared.kernel.fold import reference_key
from shared.kernel.ids import new_id
from tests.service.finance.world import WAN, World, done, refused
from tests.support.plans import watched

DRAWN = 20 * WAN


async def drawn(world: World) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a loan and a drawdown under it."""
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"], amount_fen=100 * WAN)
    await world.approve(application["id"], amount_fen=100 * WAN)
    loan = await world.sign(application["id"], principal_fen=100 * WAN)
    return loan, await world.draw(loan["id"], amount_fen=DRAWN)


async def by_another(world: World, statement: str, *values: Any) -> None:
    """Let somebody else change something, with a commit of its own."""
    connection = await asyncpg.connect(world.service.administrator_url)
    try:
        assert await connection.execute(statement, *values) == "UPDATE 1"
    finally:
        await connection.close()


async def moved(world: World, loan_id: str) -> None:
    """Let somebody else move a loan on."""
    await by_another(world, "UPDATE loan SET version = version + 1 WHERE id = $1", loan_id)


def overtaking(monkeypatch: pytest.MonkeyPatch, first: Callable[[], Awaitable[object]], times: int) -> list[int]:
    """Let `first` happen between read and statement of the next calls; return a list that grows by each."""
    honest, done_times = SingleWrite.flush, list[int]()

    async def flush(self: SingleWrite) -> None:
        if len(done_times) < times:
            done_times.append(1)
            await first()
        await honest(self)

    monkeypatch.setattr(SingleWrite, "flush", flush)
    return done_times


async def test_a_hot_write_is_one_read_and_one_statement_without_a_transaction_around_them(world: World) -> None:
    loan, drawdown = await drawn(world)
    await world.contribute("CITY", 100 * WAN)
    cover = done(await world.bank().post(f"/v1/drawdowns/{drawdown['id']}/cover"), 201)
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: world.draw(loan["id"], amount_fen=1),
        lambda: world.manager.post(f"/v1/covers/{cover['id']}:decide", json={"decision": "COVERED"}),
        lambda: world.repay(drawdown["id"], 1),
        lambda: world.contribute("CITY", 1),
    ]
    for call in calls:
        async with watched(world.service) as seen:
            await call()
        # The break of the history is looked for now and then, whatever is called.
        made = [one for one in seen.made if "history_break" not in one]
        assert len(made) == 2, made
        assert seen.frames == []


async def test_a_call_that_was_overtaken_decides_anew_on_what_is_now(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    loan, _ = await drawn(world)
    times = overtaking(monkeypatch, lambda: moved(world, loan["id"]), 1)
    async with watched(world.service) as seen:
        await world.draw(loan["id"], amount_fen=DRAWN)
    assert times == [1]
    made = [one for one in seen.made if "history_break" not in one]
    assert [len(made), seen.frames] == [4, []], "read and statement, twice"
    assert (await world.line())["drawn_fen"] == 2 * DRAWN


async def test_a_call_that_is_overtaken_again_and_again_holds_its_rows_and_is_done(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    loan, _ = await drawn(world)
    times = overtaking(monkeypatch, lambda: moved(world, loan["id"]), 9)
    async with watched(world.service) as seen:
        await world.draw(loan["id"], amount_fen=DRAWN)
    assert times == [1, 1]
    assert any("FOR NO KEY UPDATE" in one for one in seen.made)
    assert any(one.startswith("BEGIN") for one in seen.frames)
    assert (await world.line())["drawn_fen"] == 2 * DRAWN


async def test_a_note_number_that_was_taken_meanwhile_is_refused_and_leaves_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    loan, drawdown = await drawn(world)
    note = world.note(amount_fen=1)

    async def take() -> None:
        await by_another(
            world,
            "UPDATE drawdown SET note_no = $1, note_key = $2 WHERE id = $3",
            note["note_no"],
            reference_key(note["note_no"]),
            drawdown["id"],
        )

    times = overtaking(monkeypatch, take, 1)
    key = {"idempotency-key": str(new_id())}
    answer = await world.bank().post(f"/v1/loans/{loan['id']}/drawdowns", json=note, headers=key)
    refused(answer, "bank_ref_already_used")
    assert times == [1]
    assert (await world.line())["drawn_fen"] == DRAWN
    assert not await world.service.rows("SELECT 1 FROM idempotency_key WHERE key = :key", key=key["idempotency-key"])


async def test_the_same_key_sent_twice_at_once_has_one_effect_and_one_answer(world: World) -> None:
    loan, _ = await drawn(world)
    note, key = world.note(amount_fen=1), {"idempotency-key": str(new_id())}
    url = f"/v1/loans/{loan['id']}/drawdowns"
    answers: list[httpx.Response] = await asyncio.gather(
        *(world.bank().post(url, json=note, headers=key) for _ in range(8))
    )
    made = [one for one in answers if one.status_code == 201]
    assert {one.content for one in made} == {made[0].content}
    assert {one.json()["code"] for one in answers if one.status_code != 201} <= {"idempotency_key_running"}
    assert (await world.line())["drawn_fen"] == DRAWN + 1


async def test_what_hangs_on_an_event_of_a_hot_write_follows_in_its_transaction(world: World) -> None:
    heard: list[LoanDrawn] = []

    async def hear(tx: Any, event: LoanDrawn) -> None:
        heard.append(event)
        tx.audit("loan.heard", subject=f"loan/{event.loan_id}")

    loan, _ = await drawn(world)
    world.service.db.reactions = {**finance.REACTIONS, LoanDrawn: (hear,)}
    await world.draw(loan["id"], amount_fen=1)
    assert [one.amount_fen for one in heard] == [1]
    assert len(await world.service.rows("SELECT 1 FROM audit_entry WHERE action = 'loan.heard'")) == 1


async def test_behind_a_pooler_the_same_change_is_made_in_a_transaction(world: World) -> None:
    loan, drawdown = await drawn(world)
    world.service.db.is_pooled = True
    async with watched(world.service) as seen:
        await world.draw(loan["id"], amount_fen=1)
        await world.repay(drawdown["id"], 1)
    assert any(one.startswith("BEGIN") for one in seen.frames)
    assert drawdowns._DRAW.within.sql in seen.made
    assert (await world.line())["drawn_fen"] == DRAWN
