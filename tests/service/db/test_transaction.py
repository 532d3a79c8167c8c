import asyncio

import orjson
import pytest
from sqlalchemy import column, insert, table, text

from shared.db.bookkeeping import StoredAnswer
from shared.db.engine import Busy, Database, DatabaseUnavailable
from shared.db.idempotency import claim
from shared.db.lock import lock_transaction_each, try_lock_transaction
from shared.db.reading import WriteInRead
from shared.db.transaction import Transaction
from shared.events.event import MAX_EVENT_BYTES
from shared.events.gateway import ClientChanged
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.kernel.refusals import NOT_FOUND
from tests.support.lab import clock, lab_database, scalar
from tests.support.postgres import DatabaseServer

CAUSE = new_id()
BANK = Actor(client_id="bank-a", role=Role.BANK, party="91500107MA5XTE8T03")


def changed(client_id: str = "c") -> ClientChanged:
    return ClientChanged(client_id=client_id, role="bank", status="ACTIVE", party=None, unit_id=None)


async def test_events_audit_and_answer_are_written_with_the_commit(postgres: DatabaseServer) -> None:
    async with lab_database(postgres, "finance") as db:
        woken: list[bool] = []
        db.on_events = lambda: woken.append(True)
        async with db.transaction(actor=BANK, clock=clock(), request_id="r-1") as tx:
            assert await claim(tx, route="POST /x", key="k", fingerprint=b"f") is None
            tx.emit(changed("a"), changed("b"), changed("a"))
            tx.audit("client.changed", subject="client/a", fields=["role"])
            tx.answer(StoredAnswer(201, {"etag": '"v1"'}, b"{}"))
        async with db.engine.connect() as connection:
            rows = (
                await connection.execute(
                    text("SELECT aggregate_id, version, sequence, request_id FROM outbox_event ORDER BY position")
                )
            ).all()
        assert [tuple(row) for row in rows] == [("a", 1, 1, "r-1"), ("b", 1, 1, "r-1"), ("a", 2, 2, "r-1")]
        assert await scalar(db, "SELECT count(*) FROM audit_entry WHERE action = 'client.changed'") == 1
        assert await scalar(db, "SELECT status FROM idempotency_key") == 201
        assert woken == [True]


class LongerChanged(ClientChanged):
    """An event without the bounds of the catalogue's own."""

    party: str | None


def told(party: str) -> LongerChanged:
    return LongerChanged(client_id="c", role="bank", status="ACTIVE", party=party, unit_id=None)


async def test_an_event_that_the_broker_would_not_take_is_refused_when_it_is_emitted(postgres: DatabaseServer) -> None:
    async with lab_database(postgres, "finance") as db:
        for unfit in ("a" * MAX_EVENT_BYTES, "重" * (MAX_EVENT_BYTES // 3), '"' * (MAX_EVENT_BYTES // 2)):
            with pytest.raises(Refusal) as caught:
                async with db.transaction(actor=BANK, clock=clock()) as tx:
                    tx.emit(changed("before"), told(unfit))
            assert caught.value.code.code == "event_too_large"
            size = len(orjson.dumps({"party": unfit})) - 2
            assert caught.value.details == {"limit_bytes": MAX_EVENT_BYTES, "field": "party", "field_bytes": size}
            told_of = caught.value.code.hint_en
            assert told_of is not None
            assert "{field}" in told_of
        assert await scalar(db, "SELECT count(*) FROM outbox_event") == 0
        fits = "a" * (MAX_EVENT_BYTES - len(told("").model_dump_json()))
        async with db.transaction(actor=BANK, clock=clock()) as tx:
            tx.emit(told(fits))
        assert await scalar(db, "SELECT data ->> 'party' FROM outbox_event") == fits


async def test_locks_of_several_names_are_one_for_each_and_taken_in_one_order(postgres: DatabaseServer) -> None:
    async with lab_database(postgres, "finance") as db:

        async def hold(names: list[str]) -> None:
            async with db.transaction(actor=BANK, clock=clock()) as tx:
                await lock_transaction_each(tx.session, "firm", names)
                await asyncio.sleep(0.01)

        names = [f"firm-{place}" for place in range(50)]
        async with asyncio.timeout(20):  # two who took them in their own order would wait for one another
            await asyncio.gather(*(hold(names[turn:] + names[:turn]) for turn in range(0, 50, 13)), hold(names[::-1]))
        async with db.transaction(actor=BANK, clock=clock()) as one:
            await lock_transaction_each(one.session, "firm", ["a", "b", "a"])
            async with db.transaction(actor=BANK, clock=clock()) as other:
                assert await try_lock_transaction(other.session, "firm", "c")
                assert not await try_lock_transaction(other.session, "firm", "b")
                assert await try_lock_transaction(other.session, "other", "b")


async def test_a_transaction_that_raises_leaves_nothing_behind(postgres: DatabaseServer) -> None:
    async with lab_database(postgres, "finance") as db:
        woken: list[bool] = []
        db.on_events = lambda: woken.append(True)
        with pytest.raises(ZeroDivisionError):
            async with db.transaction(actor=BANK, clock=clock()) as tx:
                await claim(tx, route="POST /x", key="k", fingerprint=b"f")
                tx.emit(changed())
                tx.audit("a.b", subject="x/1")
                tx.answer(StoredAnswer(201, {}, b""))
                await tx.session.execute(text("INSERT INTO effect VALUES ('one', 1)"))
                raise ZeroDivisionError
        for table in ("outbox_event", "audit_entry", "idempotency_key", "effect", "event_counter"):
            assert await scalar(db, f"SELECT count(*) FROM {table}") == 0, table
        assert woken == []


async def test_a_read_only_transaction_cannot_write(postgres: DatabaseServer) -> None:
    async with lab_database(postgres, "finance") as db:
        with pytest.raises(Exception, match="read-only"):
            async with db.transaction(actor=BANK, clock=clock(), read_only=True) as tx:
                await tx.session.execute(text("INSERT INTO effect VALUES ('one', 1)"))


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO effect VALUES ('one', 1)",
        "UPDATE effect SET name = 'one'",
        "WITH gone AS (DELETE FROM effect RETURNING 1) SELECT * FROM gone",
        "SELECT * FROM effect FOR UPDATE",
        "SELECT * FROM effect FOR NO KEY UPDATE",
        "SELECT pg_advisory_xact_lock(1)",
        "TRUNCATE effect",
    ],
)
async def test_a_read_by_statement_sends_nothing_that_writes_or_locks(postgres: DatabaseServer, statement: str) -> None:
    async with lab_database(postgres, "finance") as db:
        with pytest.raises(WriteInRead, match="read-only"):
            async with db.transaction(actor=BANK, clock=clock(), read_only=True, by_statement=True) as tx:
                await tx.session.execute(text(statement))


async def test_a_row_that_a_read_would_leave_behind_is_refused_when_it_is_flushed(postgres: DatabaseServer) -> None:
    async with lab_database(postgres, "finance") as db:
        with pytest.raises(WriteInRead, match="INSERT"):
            async with db.transaction(actor=BANK, clock=clock(), read_only=True, by_statement=True) as tx:
                await (await tx.session.connection()).execute(insert(table("effect", column("name"))), [{"name": "a"}])


async def test_statements_of_a_read_stand_alone_and_those_of_a_change_together(postgres: DatabaseServer) -> None:
    asked = text("SELECT transaction_timestamp()")
    async with lab_database(postgres, "finance") as db:
        for by_statement, read_only, kinds in ((True, True, 2), (False, True, 1), (True, False, 1)):
            async with db.transaction(actor=BANK, clock=clock(), read_only=read_only, by_statement=by_statement) as tx:
                instants = {(await tx.session.execute(asked)).scalar_one() for _ in range(2)}
            assert len(instants) == kinds, (by_statement, read_only)


async def test_a_connection_that_read_by_statement_gives_whole_transactions_again(postgres: DatabaseServer) -> None:
    async with lab_database(postgres, "finance") as db:
        async with db.transaction(actor=BANK, clock=clock(), read_only=True, by_statement=True) as tx:
            session_no = (await tx.session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        with pytest.raises(ZeroDivisionError):
            async with db.transaction(actor=BANK, clock=clock()) as tx:
                assert (await tx.session.execute(text("SELECT pg_backend_pid()"))).scalar_one() == session_no
                await tx.session.execute(text("INSERT INTO effect VALUES ('one', 1)"))
                raise ZeroDivisionError
        assert await scalar(db, "SELECT count(*) FROM effect") == 0


async def test_versions_of_one_aggregate_follow_the_order_of_commits(postgres: DatabaseServer) -> None:
    async with lab_database(postgres, "finance") as db:

        async def one() -> None:
            async with db.transaction(actor=BANK, clock=clock()) as tx:
                tx.emit(changed("hot"))

        await asyncio.gather(*(one() for _ in range(40)))
        async with db.engine.connect() as connection:
            versions = (await connection.execute(text("SELECT version FROM outbox_event ORDER BY version"))).scalars()
            assert list(versions) == list(range(1, 41))


async def test_a_key_answers_again_refuses_another_body_and_belongs_to_its_client(postgres: DatabaseServer) -> None:
    async with lab_database(postgres, "finance") as db:
        async with db.transaction(actor=BANK, clock=clock()) as tx:
            assert await claim(tx, route="POST /x", key="k", fingerprint=b"one") is None
            tx.answer(StoredAnswer(201, {"location": "/v1/x/1"}, b'{"id":1}'))
        async with db.transaction(actor=BANK, clock=clock()) as tx:
            again = await claim(tx, route="POST /x", key="k", fingerprint=b"one")
            assert again == StoredAnswer(201, {"location": "/v1/x/1"}, b'{"id":1}')
        with pytest.raises(Refusal, match="idempotency_key_reused"):
            async with db.transaction(actor=BANK, clock=clock()) as tx:
                await claim(tx, route="POST /x", key="k", fingerprint=b"two")
        other = Actor(client_id="bank-b", role=Role.BANK)
        async with db.transaction(actor=other, clock=clock()) as tx:
            assert await claim(tx, route="POST /x", key="k", fingerprint=b"two") is None


async def test_sixty_four_parallel_requests_with_one_key_have_one_effect(postgres: DatabaseServer) -> None:
    async with lab_database(postgres, "finance", pool_size=16) as db:

        async def attempt() -> str:
            try:
                async with db.transaction(actor=BANK, clock=clock()) as tx:
                    if await claim(tx, route="POST /x", key="k", fingerprint=b"f") is not None:
                        return "replayed"
                    await tx.session.execute(
                        text(
                            "INSERT INTO effect VALUES ('one', 1) "
                            "ON CONFLICT (id) DO UPDATE SET times = effect.times + 1"
                        )
                    )
                    await asyncio.sleep(0.02)
                    tx.answer(StoredAnswer(201, {}, b"{}"))
                    return "done"
            except Refusal as refusal:
                return refusal.code.code

        outcomes = await asyncio.gather(*(attempt() for _ in range(64)))
        assert outcomes.count("done") == 1
        assert set(outcomes) <= {"done", "replayed", "idempotency_key_running"}
        assert await scalar(db, "SELECT times FROM effect") == 1


async def test_a_lock_that_takes_too_long_is_busy_and_not_an_error(postgres: DatabaseServer) -> None:
    async with lab_database(postgres, "finance") as db:
        async with db.transaction(actor=BANK, clock=clock()) as tx:
            await tx.session.execute(text("INSERT INTO effect VALUES ('one', 1)"))
        async with db.transaction(actor=BANK, clock=clock()) as holder:
            await holder.session.execute(text("SELECT * FROM effect FOR UPDATE"))
            with pytest.raises(Busy):
                async with db.transaction(actor=BANK, clock=clock()) as tx:
                    await tx.session.execute(text("SET LOCAL lock_timeout = '50ms'"))
                    await tx.session.execute(text("SELECT * FROM effect FOR UPDATE"))


async def test_a_connection_that_was_cut_is_unavailable_and_the_next_one_works(postgres: DatabaseServer) -> None:
    async with lab_database(postgres, "finance", pool_size=4) as db:
        with pytest.raises(DatabaseUnavailable):
            async with db.transaction(actor=BANK, clock=clock()) as tx:
                pid = (await tx.session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
                await postgres._admin(f"SELECT pg_terminate_backend({pid})")
                await asyncio.sleep(0.1)
                await tx.session.execute(text("SELECT 1"))
        await db.ping()


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    db = Database("postgresql://nobody:x@127.0.0.1:1/none", service="finance")
    with pytest.raises(DatabaseUnavailable):
        async with db.transaction(actor=BANK, clock=clock()) as tx:
            await tx.session.execute(text("SELECT 1"))
    await db.close()


async def test_what_hangs_on_an_event_follows_once_in_its_transaction_and_may_tell_more(
    postgres: DatabaseServer,
) -> None:
    seen: list[str] = []

    async def answer_first(tx: Transaction, event: ClientChanged) -> None:
        seen.append(event.client_id)
        await tx.session.execute(text("INSERT INTO effect VALUES (:id, 1)"), {"id": event.client_id})
        if event.client_id == "first":
            tx.emit(changed("second"))

    async with lab_database(postgres, "finance", reactions={ClientChanged: (answer_first,)}) as db:
        async with db.transaction(actor=BANK, clock=clock(), request_id="r-1") as tx:
            tx.caused_by(CAUSE, request_id="r-2").emit(changed("first"))
            assert seen == []
        assert seen == ["first", "second"]
        async with db.engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT aggregate_id, causation_id, request_id FROM outbox_event ORDER BY position")
            )
            assert [tuple(row) for row in rows] == [("first", CAUSE, "r-2"), ("second", CAUSE, "r-2")]
        assert await scalar(db, "SELECT count(*) FROM effect") == 2


async def test_a_refusal_of_what_hangs_on_an_event_undoes_all_of_it(postgres: DatabaseServer) -> None:
    async def refuse(_tx: Transaction, _event: ClientChanged) -> None:
        raise Refusal(NOT_FOUND, noun="client")

    async with lab_database(postgres, "finance", reactions={ClientChanged: (refuse,)}) as db:
        with pytest.raises(Refusal, match="not_found"):
            async with db.transaction(actor=BANK, clock=clock()) as tx:
                await tx.session.execute(text("INSERT INTO effect VALUES ('one', 1)"))
                tx.emit(changed())
        for table in ("outbox_event", "effect"):
            assert await scalar(db, f"SELECT count(*) FROM {table}") == 0, table
