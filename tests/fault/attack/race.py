"""Approved applications by the dozen, and what must be true of a credit line after any race on it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx
from sqlalchemy import text

from tests.service.finance.world import BANK_A, BANK_B, World, code

COPIES = """
INSERT INTO loan_application
SELECT (jsonb_populate_record(NULL::loan_application, to_jsonb(one) || jsonb_build_object(
    'id', gen_random_uuid(), 'case_no', one.case_no || '-' || number, 'purpose', one.purpose || number,
    'bank_ref', one.bank_ref || '-' || number, 'ref_key', one.ref_key || '-' || number,
    'bank_uscc', banks[1 + number % 2]))).*
FROM loan_application AS one, generate_series(1, {count}) AS number, (SELECT ARRAY['{first}', '{second}'] AS banks) AS b
WHERE one.id = '{model}'
RETURNING id::text AS id, bank_uscc
"""
LEDGER = "SELECT * FROM credit_movement WHERE uscc = '{uscc}' ORDER BY version"
LOANS = "SELECT * FROM loan WHERE enterprise_uscc = '{uscc}'"
_AGAIN_SECONDS = 0.05

Found = list[dict[str, Any]]


def copies(model: str, count: int, *, banks: tuple[str, str]) -> str:
    """Return the statement that copies an application `count` times, over two banks in turn."""
    return COPIES.format(model=model, count=count, first=banks[0], second=banks[1])


async def changed(world: World, statement: str) -> Found:
    """Run a statement that changes finance's database and return its rows."""
    async with world.service.db.engine.begin() as connection:
        return [dict(row) for row in (await connection.execute(text(statement))).mappings()]


async def new_firm(world: World, number: int) -> tuple[str, dict[str, Any]]:
    """Make a firm that both banks may read, and return its code and its evaluation."""
    uscc = code(number)
    await world.tell_good_firm(uscc)
    evaluation = await world.evaluate(uscc)
    for bank in (BANK_A, BANK_B):
        await world.consent(uscc, bank)
    return uscc, evaluation


async def at_once(calls: Sequence[Callable[[], Awaitable[httpx.Response]]]) -> list[httpx.Response]:
    """Start all calls together; one that was answered "busy" is made again, as a client would: later, with its key."""
    gate = asyncio.Event()

    async def run(call: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        await gate.wait()
        while (answer := await call()).status_code == httpx.codes.SERVICE_UNAVAILABLE:
            assert "retry-after" in answer.headers
            await asyncio.sleep(_AGAIN_SECONDS)
        return answer

    tasks = [asyncio.ensure_future(run(call)) for call in calls]
    gate.set()
    return list(await asyncio.gather(*tasks))


def broken_line(limit_fen: int, ledger: Found, loans: Found) -> list[str]:
    """Return what K1 and K3 find wrong with a firm's line: the ledger replayed from nothing, against its loans.

    Args:
        limit_fen: of the evaluation, not as the ledger tells it.
        ledger: the firm's movements in the order of their versions.
        loans: the firm's loans.
    """
    faults, reserved, drawn = [], 0, 0
    for number, step in enumerate(ledger, start=1):
        amount, kind = step["amount_fen"], step["kind"]
        if not isinstance(amount, int):
            faults.append(f"step {number} moves {amount!r}, which is no whole number of fen")
        reserved += {"RESERVE": amount, "USE": -amount, "RELEASE_RESERVED": -amount}.get(kind, 0)
        drawn += {"USE": amount, "RELEASE_DRAWN": -amount}.get(kind, 0)
        if step["version"] != number:
            faults.append(f"step {number} is numbered {step['version']}")
        if (step["reserved_after_fen"], step["drawn_after_fen"]) != (reserved, drawn):
            faults.append(f"step {number} tells {step['reserved_after_fen']} and {step['drawn_after_fen']}")
        if kind == "RESERVE" and reserved + drawn > limit_fen:
            faults.append(f"step {number} uses {reserved + drawn} of {limit_fen}")
        if min(reserved, drawn) < 0:
            faults.append(f"step {number} leaves a balance below nothing")
    owed = sum(one["principal_fen"] - one["drawn_fen"] - one["released_fen"] for one in loans)
    out = sum(one["drawn_fen"] - one["repaid_fen"] for one in loans)
    if (owed, out) != (reserved, drawn):
        faults.append(f"the loans hold {owed} and {out}, the line {reserved} and {drawn}")
    return faults
