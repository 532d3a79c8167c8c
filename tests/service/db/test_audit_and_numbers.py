import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from shared.db.audit import Verdict, count_unsealed, seal_tail, verify
from shared.db.audit import main as audit_main
from shared.db.case_no import CaseSeries, leap_statement, left_out, next_case_no, raise_above
from shared.db.engine import Database
from shared.db.inbox import NumberReused
from shared.db.operation import cancel_operation, claim_operation, find_operation, progress, start_operation
from shared.db.projection import upsert_if_newer
from shared.kernel.actor import Actor, Role, system_actor
from shared.kernel.ids import new_id
from tests.support.lab import NAMES, clock, lab_database
from tests.support.postgres import DatabaseServer

ACTOR = Actor(client_id="bank-a", role=Role.BANK, party="91500107MA5XTE8T03")


async def write_audits(db: Database, count: int) -> None:
    async with db.transaction(actor=ACTOR, clock=clock()) as tx:
        for number in range(count):
            tx.audit(
                "credit_file.read",
                subject=f"loan_application/{number}",
                uscc="91500107MA5XTE8T03",
                consent_id=new_id(),
                fields=["grade", "limit_fen"],
                detail={"n": number, "text": "中文"},
            )


async def test_the_sealed_chain_is_whole_and_grows_in_order(postgres: DatabaseServer) -> None:
    async with lab_database(postgres, "finance") as db:
        for _ in range(3):
            await write_audits(db, 5)
            async with db.transaction(actor=ACTOR, clock=clock()) as tx:
                assert await count_unsealed(tx) == 5
                assert await seal_tail(tx, limit=3) == 3
            async with db.transaction(actor=ACTOR, clock=clock()) as tx:
                assert await seal_tail(tx) == 2
        async with db.transaction(actor=ACTOR, clock=clock(), read_only=True) as tx:
            verdict = await verify(tx, batch=4)
        assert (verdict.rows, verdict.unsealed, verdict.broken_at) == (15, 0, None)


async def test_a_row_that_was_edited_or_deleted_is_named(postgres: DatabaseServer) -> None:
    for statement in (
        "UPDATE audit_entry SET party = NULL WHERE seal_no = 3",
        """UPDATE audit_entry SET fields = '["grade"]' WHERE seal_no = 3""",
        "UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE seal_no = 3",
        "DELETE FROM audit_entry WHERE seal_no = 3",
    ):
        async with lab_database(postgres, "finance") as db:
            await write_audits(db, 5)
            async with db.transaction(actor=ACTOR, clock=clock()) as tx:
                await seal_tail(tx)
            async with db.engine.begin() as connection:
                await connection.execute(text(statement))
            async with db.transaction(actor=ACTOR, clock=clock(), read_only=True) as tx:
                verdict = await verify(tx)
            assert verdict.broken_at == 3, statement
            assert verdict.reason


async def test_case_numbers_are_unique_under_load_and_count_per_unit_and_year(postgres: DatabaseServer) -> None:
    async with lab_database(postgres, "registry") as db:

        async def one(unit: str) -> str:
            async with db.transaction(actor=ACTOR, clock=clock()) as tx:
                return await next_case_no(tx, unit, series=CaseSeries.REGISTRY)

        numbers = await asyncio.gather(*(one("500107") for _ in range(20)), one("500106"))
        assert min(numbers) == "KC-2026-500106-000001"
        assert sorted(numbers)[1:] == [f"KC-2026-500107-{value:06d}" for value in range(1, 21)]


async def test_a_projection_takes_only_what_is_newer_whatever_the_order(postgres: DatabaseServer) -> None:
    async with lab_database(postgres, "finance") as db:

        async def put(*rows: tuple[str, str, int]) -> list[str]:
            async with db.transaction(actor=system_actor("finance"), clock=clock()) as tx:
                changed = await upsert_if_newer(
                    tx,
                    NAMES,
                    [{"uscc": uscc, "name": name, "version": version} for uscc, name, version in rows],
                    key=["uscc"],
                )
                return sorted(row["uscc"] for row in changed)

        assert await put(("a", "one", 1), ("b", "one", 5), ("a", "two", 2)) == ["a", "b"]
        assert await put(("a", "old", 1), ("b", "six", 6)) == ["b"]
        assert await put(("a", "two", 2)) == []
        with pytest.raises(NumberReused, match="version 2 of enterprise_name a"):
            await put(("a", "another two", 2))
        async with db.engine.connect() as connection:
            rows = (await connection.execute(text("SELECT uscc, name FROM enterprise_name ORDER BY 1"))).all()
        assert [tuple(row) for row in rows] == [("a", "two"), ("b", "six")]


async def test_long_work_is_taken_up_again_after_its_process_died_and_hidden_from_others(
    postgres: DatabaseServer,
) -> None:
    async with lab_database(postgres, "registry") as db:
        operation_id = new_id()
        async with db.transaction(actor=ACTOR, clock=clock()) as tx:
            await start_operation(tx, operation_id=operation_id, kind="import", file_sha256=None, given={"a": 1})
        async with db.transaction(actor=system_actor("registry"), clock=clock()) as tx:
            first = await claim_operation(tx, "import")
            assert first is not None
            await progress(tx, operation_id, done=1000, total=5000, result={"kept": 990})
        async with db.transaction(actor=system_actor("registry"), clock=clock()) as tx:
            again = await claim_operation(tx, "import")
        assert again is not None
        assert (again.id, again.done, again.total, again.actor.client_id) == (operation_id, 1000, 5000, "bank-a")
        async with db.transaction(actor=system_actor("registry"), clock=clock()) as tx:
            await progress(tx, operation_id, done=5000, state="DONE", result={"kept": 4990})
        async with db.transaction(actor=ACTOR, clock=clock(), read_only=True) as tx:
            assert await claim_operation_is_none(db)
            done = await find_operation(tx, operation_id, "import")
        assert done is not None
        assert (done.state, done.result) == ("DONE", {"kept": 4990})
        stranger = Actor(client_id="bank-b", role=Role.BANK)
        async with db.transaction(actor=stranger, clock=clock(), read_only=True) as tx:
            assert await find_operation(tx, operation_id, "import") is None


async def claim_operation_is_none(db: Database) -> bool:
    async with db.transaction(actor=system_actor("registry"), clock=clock()) as tx:
        return await claim_operation(tx, "import") is None


async def test_who_waits_for_work_that_is_cancelled_does_not_open_it_again(
    postgres: DatabaseServer,
) -> None:
    async with lab_database(postgres, "registry") as db:
        operation_id = new_id()
        async with db.transaction(actor=ACTOR, clock=clock()) as tx:
            await start_operation(tx, operation_id=operation_id, kind="import", file_sha256=None)
        async with asyncio.TaskGroup() as tasks, db.transaction(actor=ACTOR, clock=clock()) as tx:
            assert await cancel_operation(tx, operation_id) is not None
            waiting = tasks.create_task(claim_operation_is_none(db))
            await asyncio.sleep(0.3)
            assert not waiting.done()
        assert waiting.result()
        async with db.transaction(actor=ACTOR, clock=clock(), read_only=True) as tx:
            found = await find_operation(tx, operation_id, "import")
        assert found is not None
        assert found.state == "CANCELLED"


async def test_old_keys_are_forgotten_and_young_ones_kept(postgres: DatabaseServer) -> None:
    from shared.db.idempotency import forget_before

    async with lab_database(postgres, "finance") as db:
        now = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
        async with db.engine.begin() as connection:
            for key, age in (("old", 8), ("young", 6)):
                await connection.execute(
                    text("INSERT INTO idempotency_key VALUES ('c', 'r', :key, '', 201, '{}', '', :at)"),
                    {"key": key, "at": now - timedelta(days=age)},
                )
        async with db.transaction(actor=ACTOR, clock=clock()) as tx:
            assert await forget_before(tx, days=7) == 1


async def test_a_chain_that_was_rebuilt_or_cut_off_is_found_by_an_anchor_kept_elsewhere(
    postgres: DatabaseServer,
) -> None:
    async def seal_all(db: Database) -> Verdict:
        async with db.transaction(actor=ACTOR, clock=clock()) as tx:
            await seal_tail(tx)
            return await verify(tx)

    async def verify_with(db: Database, anchor: tuple[int, str]) -> int | None:
        async with db.transaction(actor=ACTOR, clock=clock(), read_only=True) as tx:
            return (await verify(tx, anchor=anchor)).broken_at

    async with lab_database(postgres, "finance") as db:
        await write_audits(db, 5)
        anchor = (5, (await seal_all(db)).head)
        await write_audits(db, 2)
        assert (await seal_all(db)).broken_at is None
        assert await verify_with(db, anchor) is None
        async with db.engine.begin() as connection:
            await connection.execute(text("UPDATE audit_entry SET seal_no = NULL, seal = NULL"))
            await connection.execute(text("UPDATE audit_entry SET outcome = 'forged' WHERE position = 2"))
        assert (await seal_all(db)).broken_at is None
        assert await verify_with(db, anchor) == 5
        async with db.engine.begin() as connection:
            await connection.execute(text("DELETE FROM audit_entry WHERE seal_no > 3"))
        assert (await seal_all(db)).broken_at is None
        assert await verify_with(db, anchor) == 4


async def test_the_command_tells_a_whole_chain_from_a_broken_one(
    postgres: DatabaseServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with lab_database(postgres, "finance") as db:
        monkeypatch.setenv("FINANCE_DATABASE_URL", db.url)
        await write_audits(db, 3)
        async with db.transaction(actor=ACTOR, clock=clock()) as tx:
            await seal_tail(tx)
        assert await asyncio.to_thread(audit_main, ["verify", "finance"]) == 0
        head = capsys.readouterr().out.split()[-1]
        assert await asyncio.to_thread(audit_main, ["verify", "finance", "--anchor", head]) == 0
        async with db.engine.begin() as connection:
            await connection.execute(text("UPDATE audit_entry SET action = 'x' WHERE seal_no = 2"))
        assert await asyncio.to_thread(audit_main, ["verify", "finance", "--anchor", head]) == 1
        assert "row 2" in capsys.readouterr().out


async def test_services_count_apart_and_no_two_cases_of_the_suite_share_a_number(postgres: DatabaseServer) -> None:
    async with lab_database(postgres, "finance") as db, db.transaction(actor=ACTOR, clock=clock()) as tx:
        assert await next_case_no(tx, "500107", series=CaseSeries.FINANCE) == "KC-2026-500107-300001"
        await tx.session.execute(text("UPDATE case_number SET value = 99998"))
        last = await next_case_no(tx, "500107", series=CaseSeries.FINANCE)
        assert last == "KC-2026-500107-399999"
        # A list of a whole city goes on: the serial grows, and is still nobody else's.
        assert await next_case_no(tx, "500107", series=CaseSeries.FINANCE) == "KC-2026-500107-3100000"
    assert len({f"{series:d}"[0] for series in CaseSeries}) == len(CaseSeries)


async def test_after_a_restoration_no_number_is_given_again_that_others_may_know(postgres: DatabaseServer) -> None:
    async with lab_database(postgres, "finance") as db, db.transaction(actor=ACTOR, clock=clock()) as tx:
        assert await next_case_no(tx, "500107", series=CaseSeries.FINANCE) == "KC-2026-500107-300001"
        await raise_above(tx, {"KC-2026-500107-300041", "KC-2026-500103-300007", "of another kind"})
        assert await next_case_no(tx, "500107", series=CaseSeries.FINANCE) == "KC-2026-500107-300042"
        assert await next_case_no(tx, "500103", series=CaseSeries.FINANCE) == "KC-2026-500103-300008"
        await raise_above(tx, {"KC-2026-500107-300002"})
        assert await next_case_no(tx, "500107", series=CaseSeries.FINANCE) == "KC-2026-500107-300043"
        # Of what no event told nobody knows how far it went: a thousand numbers are left out, everywhere.
        await tx.session.execute(text("UPDATE case_number SET value = 999 WHERE prefix = 'KC-2026-500103'"))
        await tx.session.execute(text(leap_statement(["500107", "500120"], 2026, {"KC-2026-500112": 4_321})))
        assert await next_case_no(tx, "500107", series=CaseSeries.FINANCE) == "KC-2026-500107-302001"
        assert await next_case_no(tx, "500103", series=CaseSeries.FINANCE) == "KC-2026-500103-302001"
        assert await next_case_no(tx, "500120", series=CaseSeries.FINANCE) == "KC-2026-500120-301001"
        # Of a database that is given up and can still be read it is known how far it went.
        assert await next_case_no(tx, "500112", series=CaseSeries.FINANCE) == "KC-2026-500112-306001"
    assert left_out(CaseSeries.FINANCE, "KC-2026-500112", 12, 4_321) == "KC-2026-500112-300013…306000"
