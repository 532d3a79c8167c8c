"""Loans to write on: copies of the demonstration's own loan, one firm each, so that no two connections share a lock."""

from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from shared.kernel.clock import SystemClock, shanghai_date
from shared.kernel.fold import reference_key
from shared.kernel.ids import new_id
from shared.kernel.unit import units_on
from shared.kernel.uscc import check_character
from tests.support.suite import LaunchedSuite

FIRMS = 16
_MUCH_FEN = 1_000_000_000
_UNITS_OF_THE_CITY = 16


@dataclass(frozen=True, slots=True)
class LentFirm:
    """A firm with a loan of Example Bank A, half of it drawn."""

    uscc: str
    loan_id: str
    drawdown_id: str


@dataclass(frozen=True, slots=True)
class Lending:
    """What is written on, and the dates that fit it."""

    firms: tuple[LentFirm, ...]
    units: tuple[str, ...]
    signed_on: str
    matures_on: str
    today: str


async def prepare(suite: LaunchedSuite, *, first: int, count: int = FIRMS) -> Lending:
    """Copy the demonstration's loan to `count` firms of their own, numbered from `first`."""
    connection = await asyncpg.connect(suite.database_url("finance"))
    try:
        loan = await connection.fetchrow("SELECT * FROM loan ORDER BY created_at LIMIT 1")
        note = await connection.fetchrow("SELECT * FROM drawdown WHERE loan_id = $1 LIMIT 1", loan["id"])
        firms = tuple([await _firm(connection, number, loan, note) for number in range(first, first + count)])
    finally:
        await connection.close()
    today = shanghai_date(SystemClock().now())
    units = [one.unit_id for one in units_on(today)][:_UNITS_OF_THE_CITY]
    return Lending(
        firms,
        tuple(units),
        loan["signed_on"].isoformat(),
        min(loan["ends_on"], today + timedelta(days=300)).isoformat(),
        today.isoformat(),
    )


async def _firm(
    connection: "asyncpg.Connection[asyncpg.Record]", number: int, loan: asyncpg.Record, note: asyncpg.Record
) -> LentFirm:
    first = f"91500107BE{number:07d}"
    uscc = first + check_character(first)
    application_id, loan_id, note_id = new_id(), new_id(), new_id()
    was = loan["enterprise_uscc"]
    await _copy(connection, "enterprise", {"uscc": was}, {"uscc": uscc})
    await _copy(
        connection,
        "credit_line",
        {"uscc": was},
        {"uscc": uscc, "limit_fen": 4 * _MUCH_FEN, "reserved_fen": _MUCH_FEN, "drawn_fen": _MUCH_FEN, "version": 1},
    )
    await _copy(
        connection,
        "loan_application",
        {"id": loan["application_id"]},
        {
            "id": application_id,
            "enterprise_uscc": uscc,
            "case_no": str(new_id()),
            **_named("bank_ref", "ref_key"),
        },
    )
    await _copy(
        connection,
        "loan",
        {"id": loan["id"]},
        {
            "id": loan_id,
            "application_id": application_id,
            "enterprise_uscc": uscc,
            **_named("contract_no", "contract_key"),
            "principal_fen": 2 * _MUCH_FEN,
            "drawn_fen": _MUCH_FEN,
            "repaid_fen": 0,
            "released_fen": 0,
            "status": "SIGNED",
        },
    )
    await _copy(
        connection,
        "drawdown",
        {"id": note["id"]},
        {
            "id": note_id,
            "loan_id": loan_id,
            "enterprise_uscc": uscc,
            **_named("note_no", "note_key"),
            "amount_fen": _MUCH_FEN,
            "outstanding_fen": _MUCH_FEN,
            "status": "DISBURSED",
        },
    )
    return LentFirm(uscc, str(loan_id), str(note_id))


def _named(column: str, key: str) -> dict[str, object]:
    """Return a fresh reference of the bank's and the key by which it is compared."""
    word = str(new_id())
    return {column: word, key: reference_key(word)}


async def _copy(
    connection: "asyncpg.Connection[asyncpg.Record]", table: str, of: dict[str, object], changed: dict[str, object]
) -> None:
    """Copy the one row that `of` names, with some columns changed."""
    (name,) = of
    row = dict(await connection.fetchrow(f"SELECT * FROM {table} WHERE {name} = $1", of[name]))
    row |= changed
    marks = ", ".join(f"${place}" for place in range(1, len(row) + 1))
    await connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", *row.values())
