"""The audit chain: rows are plain and in the transaction of the change; a job numbers and hashes them afterwards.

`python -m shared.db.audit verify finance` walks the chain and names the first row that was changed or is missing.
"""

import argparse
import asyncio
import hashlib
import json
import os
import sys
from dataclasses import dataclass
from datetime import UTC
from typing import NamedTuple

from sqlalchemy import RowMapping, text

from shared.db.lock import lock_transaction
from shared.db.pooler import database_for_command
from shared.db.transaction import Transaction
from shared.events.catalogue import PUBLISHERS
from shared.kernel.actor import system_actor
from shared.kernel.clock import SystemClock

GENESIS = "0" * 64
_COLUMNS = """position, at, client_id, role, party, action, subject, uscc, purpose, consent_id, fields, outcome, detail,
request_id, causation_id"""
_LAST = text("SELECT seal_no, seal FROM audit_entry WHERE seal_no IS NOT NULL ORDER BY seal_no DESC LIMIT 1")
# A row whose transaction is still open may get a lower position than a sealed one: it is sealed later, under the next
# number; the chain follows seal_no, not position.
_TAIL = text(f"SELECT {_COLUMNS} FROM audit_entry WHERE seal_no IS NULL ORDER BY position LIMIT :limit")  # noqa: S608
_SEAL = text("""
UPDATE audit_entry SET seal_no = sealed.no, seal = sealed.seal
FROM unnest(CAST(:positions AS bigint[]), CAST(:numbers AS bigint[]), CAST(:seals AS text[]))
     AS sealed (position, no, seal)
WHERE audit_entry.position = sealed.position
""")
_WALK = text(f"""
SELECT {_COLUMNS}, seal_no, seal FROM audit_entry WHERE seal_no > :after ORDER BY seal_no LIMIT :limit
""")  # noqa: S608  # a constant list of columns

_SEAL_OF = text("SELECT seal FROM audit_entry WHERE seal_no = :number")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a walk over the chain found.

    Attributes:
        rows: rows that were walked and agree.
        unsealed: rows at the end that wait for their seal.
        head: seal of the last row that was walked; kept elsewhere it is the anchor of a later walk.
        broken_at: seal number of the first row that does not agree or is missing, or None.
        reason: what is wrong there.
        is_complete: whether the walk came to the end of what is sealed, or to a fault.
    """

    rows: int
    unsealed: int
    head: str = GENESIS
    broken_at: int | None = None
    reason: str | None = None
    is_complete: bool = True


class Anchor(NamedTuple):
    """A row of the chain as an earlier walk told it: its number and its seal."""

    number: int
    seal: str


def seal_of(previous: str, number: int, row: RowMapping) -> str:
    """Return the SHA-256 over the previous seal, the number and every column of the row."""
    # Python's own JSON: sorted, and at home with any number that jsonb holds.
    plain = {name: value for name, value in row.items() if name not in {"seal_no", "seal"}}
    plain["at"] = row["at"].astimezone(UTC).isoformat(timespec="microseconds")
    document = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(f"{previous}\n{number}\n{document}".encode()).hexdigest()


async def seal_tail(tx: Transaction, *, limit: int = 1000) -> int:
    """Number and hash up to `limit` committed rows; return how many. One sealer at a time."""
    await lock_transaction(tx.session, "audit_seal")
    last = (await tx.session.execute(_LAST)).one_or_none()
    number, seal = (last.seal_no, last.seal) if last else (0, GENESIS)
    positions, numbers, seals = [], [], []
    for row in (await tx.session.execute(_TAIL, {"limit": limit})).mappings():
        number += 1
        seal = seal_of(seal, number, row)
        positions.append(row["position"])
        numbers.append(number)
        seals.append(seal)
    if positions:
        await tx.session.execute(_SEAL, {"positions": positions, "numbers": numbers, "seals": seals})
    return len(positions)


async def count_unsealed(tx: Transaction) -> int:
    """Return the length of the unsealed tail, for the metric."""
    found = await tx.session.execute(text("SELECT count(*) FROM audit_entry WHERE seal_no IS NULL"))
    return int(found.scalar_one())


async def verify(
    tx: Transaction,
    *,
    batch: int = 2000,
    anchor: tuple[int, str] | None = None,
    behind: Anchor | None = None,
    most: int | None = None,
) -> Verdict:
    """Walk the chain; stop at the first row that was changed, removed or put in.

    Args:
        tx: any transaction.
        batch: rows read at once.
        anchor: number and seal of an earlier head that was kept outside the database: without it, a chain that was
            rebuilt or cut off at its end looks whole.
        behind: the row behind which the walk begins, as an earlier one told it; None for the beginning.
        most: rows after which the walk rests; None for the whole chain.
    """
    number, seal = behind or Anchor(0, GENESIS)
    last = None if most is None else number + most
    unsealed = await count_unsealed(tx)
    if behind is not None and not await _stands(tx, behind):
        return Verdict(number, unsealed, seal, number, f"row {number} is not the one that was told: it was changed")
    while last is None or number < last:
        limit = batch if last is None else min(batch, last - number)
        rows = (await tx.session.execute(_WALK, {"after": number, "limit": limit})).mappings().all()
        if not rows:
            break
        for row in rows:
            fault = None
            if row["seal_no"] != number + 1:
                fault = f"row {number + 1} of the chain is missing"
            elif row["seal"] != (following := seal_of(seal, number + 1, row)):
                fault = f"row {number + 1} (position {row['position']}) was changed"
            elif anchor is not None and anchor[0] == number + 1 and anchor[1] != following:
                fault = f"row {number + 1} is not the one that was anchored: the chain was rebuilt"
            if fault is not None:
                return Verdict(number, unsealed, seal, number + 1, fault)
            number, seal = number + 1, row["seal"]
    else:
        return Verdict(number, unsealed, seal, is_complete=not await _goes_on(tx, number))
    if anchor is not None and anchor[0] > number:
        return Verdict(number, unsealed, seal, number + 1, f"the chain ends before row {anchor[0]}, which was anchored")
    return Verdict(number, unsealed, seal)


async def _stands(tx: Transaction, told: Anchor) -> bool:
    """Tell whether a row has the seal that was told; the beginning has its own."""
    if told.number == 0:
        return told.seal == GENESIS
    return (await tx.session.execute(_SEAL_OF, {"number": told.number})).scalar_one_or_none() == told.seal


async def _goes_on(tx: Transaction, number: int) -> bool:
    return (await tx.session.execute(_WALK, {"after": number, "limit": 1})).first() is not None


async def _verify_service(service: str, url: str, anchor: tuple[int, str] | None) -> Verdict:
    database = database_for_command(url, service)
    try:
        async with database.transaction(actor=system_actor(service), clock=SystemClock(), read_only=True) as tx:
            return await verify(tx, anchor=anchor)
    finally:
        await database.close()


def main(arguments: list[str]) -> int:
    """Run the command line; exit 1 where a chain is broken."""
    parser = argparse.ArgumentParser(prog="python -m shared.db.audit", description=__doc__)
    parser.add_argument("verb", choices=("verify",))
    parser.add_argument("services", nargs="+", choices=PUBLISHERS)
    parser.add_argument(
        "--anchor", action="append", default=[], type=anchor_of, help="an earlier head, as printed: finance:123:ab12…"
    )
    given = parser.parse_args(arguments)
    anchors = dict(given.anchor)
    broken = False
    for service in given.services:
        url = os.environ.get(f"{service.upper()}_DATABASE_URL")
        if url is None:
            parser.error(f"set {service.upper()}_DATABASE_URL")
        verdict = asyncio.run(_verify_service(service, url, anchors.get(service)))
        broken = broken or verdict.broken_at is not None
        state = f"broken 链断: {verdict.reason}" if verdict.broken_at else "whole 完整"
        sys.stdout.write(
            f"{service}: {state}, {verdict.rows} rows 行, {verdict.unsealed} unsealed 待封, "
            f"head 链首 {service}:{verdict.rows}:{verdict.head}\n"
        )
    return 1 if broken else 0


def anchor_of(word: str) -> tuple[str, tuple[int, str]]:
    """Return (service, number and seal) of a head as it is printed."""
    service, number, seal = word.split(":")
    return service, (int(number), seal)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
