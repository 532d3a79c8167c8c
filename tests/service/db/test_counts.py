"""Rows counted by their state: exact up to a bound, and a rare state exact also beyond it."""

from collections.abc import Mapping

import pytest
from sqlalchemy import BigInteger, String, column, select, table, text

from shared.db.engine import Database
from shared.db.keyset import ascending
from shared.db.selection import Chosen, Counts, Selection
from shared.kernel.actor import system_actor
from shared.kernel.sort import Sort
from tests.support.lab import clock, lab_database
from tests.support.postgres import DatabaseServer

BOUND = 40
ROWS = table("counted", column("id", BigInteger()), column("status", String()))
LIST = Selection(
    rows=lambda _: select(ROWS),
    sorts={Sort.NEWEST: ascending(ROWS.c.id, ROWS.c.id)},
    among={"status": ROWS.c.status},
)
HELD: tuple[Mapping[str | None, int], ...] = (
    {},
    {"OPEN": 3, "CLOSED": 1},
    {"OPEN": 39, "CLOSED": 1},
    {"OPEN": 60, "CLOSED": 1, "LAPSED": 2},
    {"OPEN": 60, "PAID": 45, "CLOSED": 39},
    {"OPEN": 41},
    {"OPEN": 50, None: 7, "CLOSED": 2},
    {None: 90, "CLOSED": 2},
    {f"S{number}": 5 for number in range(20)},
)


async def counts_of(db: Database, held: Mapping[str | None, int]) -> Counts:
    async with db.transaction(actor=system_actor("finance"), clock=clock()) as tx:
        await tx.session.execute(text("CREATE TEMPORARY TABLE counted (id bigserial, status text) ON COMMIT DROP"))
        for state, number in held.items():
            rows = {"state": state, "number": number}
            made = text("INSERT INTO counted (status) SELECT cast(:state AS text) FROM generate_series(1, :number)")
            await tx.session.execute(made, rows)
        return await LIST.counts(tx, Chosen())


async def test_no_state_is_shown_as_nought_that_has_rows_however_many_others_there_are(
    postgres: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.db.selection._MOST_COUNTED", BOUND)
    async with lab_database(postgres, "finance") as db:
        for held in HELD:
            told, named = await counts_of(db, held), {state: rows for state, rows in held.items() if state}
            assert set(told.by_value) == set(named), held
            assert {state for state in named if told.by_value[state] != named[state]} <= set(told.at_least), held
            assert all(0 < told.by_value[state] <= named[state] for state in told.at_least), held
            assert told.complete == (sum(held.values()) <= BOUND), held
            assert told.total <= sum(held.values()), held


async def test_a_rare_state_is_exact_beyond_the_bound(
    postgres: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.db.selection._MOST_COUNTED", BOUND)
    async with lab_database(postgres, "finance") as db:
        told = await counts_of(db, {"OPEN": 500, "CLOSED": 2, "LAPSED": 1})
    assert (told.by_value["CLOSED"], told.by_value["LAPSED"], told.at_least) == (2, 1, ["OPEN"])
    assert (told.by_value["OPEN"], told.complete) == (BOUND + 1, False)
