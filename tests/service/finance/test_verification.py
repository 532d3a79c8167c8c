"""`make verify`: what agrees is called so, and a break of each kind is found and named."""

import asyncio

import asyncpg
import pytest

from services.finance.lending.store.ledger import LEDGERS
from shared.command.verify import main
from shared.db.audit import seal_tail
from shared.db.verification import RECORD_CHECKS, Check, asked
from shared.events.catalogue import PUBLISHERS
from shared.kernel.actor import system_actor
from shared.kernel.clock import SystemClock
from tests.service.finance.world import WAN, World, done
from tests.support.outbox_marks import published_unsent, waiting_again
from tests.support.postgres import DatabaseServer

ACTOR = system_actor("finance")
PLANTED = {
    "each line is the sum": "UPDATE credit_line SET drawn_fen = drawn_fen + 1",
    "each movement of a line": """
        UPDATE credit_movement SET amount_fen = amount_fen + 1 WHERE kind = 'USE'
    """,
    "each loan is the sum": "UPDATE loan SET repaid_fen = repaid_fen + 1",
    "each note is its amount": "UPDATE drawdown SET outstanding_fen = outstanding_fen + 1",
    "each cover follows": "UPDATE cover SET released_fen = released_fen - 1",
    "the fund is its receipts": "UPDATE fund_account SET paid_in_city_fen = paid_in_city_fen + 1",
    "each posting of the fund": "UPDATE fund_posting SET amount_fen = amount_fen + 1 WHERE kind = 'EXPOSURE'",
    "versions of events": "UPDATE outbox_event SET version = version + 9 WHERE subject = 'finance.loan.drawn.v1'",
    "sequences of each event": "UPDATE outbox_event SET sequence = 2 WHERE subject = 'finance.loan.drawn.v1'",
    "counters of events": "UPDATE event_counter SET value = 0 WHERE subject = 'finance.loan.drawn.v1'",
    "no event waits": waiting_again("subject = 'finance.loan.drawn.v1'"),
    "each event waits": "DELETE FROM outbox_published",
    "no dead letter": """
        INSERT INTO dead_letter (handler, subject, payload, reason, deliveries) VALUES ('h', 's', '', 'r', 5)
    """,
    "no break of the history": """
        INSERT INTO history_break (known_sequence, last_sequence, event_id) VALUES (1, 2, gen_random_uuid())
    """,
}


async def lent(world: World) -> None:
    """Let a firm borrow, be covered and repay a part."""
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"])
    await world.approve(application["id"])
    loan = await world.sign(application["id"])
    drawdown = await world.draw(loan["id"])
    await world.contribute("CITY", 40 * WAN)
    await world.contribute("DISTRICT", 60 * WAN)
    cover = done(await world.bank().post(f"/v1/drawdowns/{drawdown['id']}/cover"), 201)
    done(await world.manager.post(f"/v1/covers/{cover['id']}:decide", json={"decision": "COVERED"}))
    await world.repay(drawdown["id"], 25 * WAN)
    await world.service.tamper(published_unsent(at="now() - interval '2 minutes'"))


async def wrong(world: World) -> dict[str, tuple[str, ...]]:
    """Return what does not agree, by the words of the check."""
    async with world.service.db.transaction(actor=ACTOR, clock=SystemClock(), read_only=True) as tx:
        found = await asked(tx, (*RECORD_CHECKS, *LEDGERS))
    return {one.check.en: one.named for one in found if one.count}


async def test_a_break_of_each_kind_is_found_by_its_own_check(world: World) -> None:
    await lent(world)
    assert await wrong(world) == {}
    checks: tuple[Check, ...] = (*RECORD_CHECKS, *LEDGERS)
    assert {next(one.en for one in checks if one.en.startswith(words)) for words in PLANTED} == {
        one.en for one in checks
    }
    admin = await asyncpg.connect(world.service.administrator_url)
    try:
        for words, statement in PLANTED.items():
            undone = admin.transaction()
            await undone.start()
            await admin.execute(f"SET LOCAL session_replication_role = replica; {statement}")
            found = [one.en for one in checks if await admin.fetch(one.query)]
            assert any(name.startswith(words) for name in found), (words, found)
            await undone.rollback()
    finally:
        await admin.close()
    assert await wrong(world) == {}


async def test_the_command_walks_all_services_and_names_what_nobody_told_and_what_nobody_heard(
    world: World, postgres: DatabaseServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in PUBLISHERS:
        url = world.service.db.url if name == "finance" else await postgres.database_url(name)
        monkeypatch.setenv(f"{name.upper()}_DATABASE_URL", url)
    await world.service.tamper(published_unsent())
    assert await asyncio.to_thread(main, []) == 0
    assert "全部相符 everything agrees" in capsys.readouterr().out
    await lent(world)
    async with world.service.db.transaction(actor=ACTOR, clock=SystemClock()) as tx:
        await seal_tail(tx)
    # Finance was told things that the record of no publisher holds; what it told, nobody listened to.
    assert await asyncio.to_thread(main, ["finance"]) == 1
    told = capsys.readouterr().err
    assert "registry.enterprise.changed.v1 均有出处" in told
    assert await asyncio.to_thread(main, ["registry"]) == 1
    told = capsys.readouterr().err
    assert "every finance.evaluation.completed.v1 took effect" in told
    await world.service.tamper("UPDATE audit_entry SET action = 'x' WHERE seal_no = 2")
    assert await asyncio.to_thread(main, ["finance"]) == 1
    assert "审计链断裂" in capsys.readouterr().err
