"""The audit chain: rows are plain and in the transaction of the deed; a job numbers and hashes them afterwards.

`python -m shared.db.audit verify finance` walks the chain and names the first row that was changed or is missing.
"""

import argparse
import asyncio
import hashlib
import os
import sys
from dataclasses import dataclass
from typing import Any

import rfc8785
from sqlalchemy import RowMapping, text

from shared.db.engine import Database
from shared.db.lock import lock_transaction
from shared.db.transaction import Transaction
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


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a walk over the chain found.

    Attributes:
        rows: rows that were walked and agree.
        unsealed: rows at the end that wait for their seal.
        broken_at: seal number of the first row that does not agree or is missing, or None.
        reason: what is wrong there.
    """

    rows: int
    unsealed: int
    broken_at: int | None = None
    reason: str | None = None


def seal_of(previous: str, number: int, row: RowMapping) -> str:
    """Return the SHA-256 over the previous seal, the number and every column of the row."""
    plain: dict[str, Any] = {
        name: value if isinstance(value, str | list | dict | None) else str(value)
        for name, value in row.items()
        if name not in {"seal_no", "seal", "at", "position"}
    }
    plain["at"] = row["at"].timestamp().hex()
    plain["position"] = str(row["position"])
    return hashlib.sha256(f"{previous}\n{number}\n".encode() + rfc8785.dumps(plain)).hexdigest()


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


async def verify(tx: Transaction, *, batch: int = 2000) -> Verdict:
    """Walk the whole chain; stop at the first row that was changed, removed or put in."""
    number, seal, walked = 0, GENESIS, 0
    unsealed = await count_unsealed(tx)
    while True:
        rows = (await tx.session.execute(_WALK, {"after": number, "limit": batch})).mappings().all()
        if not rows:
            return Verdict(walked, unsealed)
        for row in rows:
            if row["seal_no"] != number + 1:
                return Verdict(walked, unsealed, number + 1, f"row {number + 1} of the chain is missing")
            number += 1
            expected = seal_of(seal, number, row)
            if row["seal"] != expected:
                return Verdict(walked, unsealed, number, f"row {number} (position {row['position']}) was changed")
            seal = expected
            walked += 1


async def _verify_service(service: str, url: str) -> Verdict:
    database = Database(url, service=service, pool_size=1)
    try:
        async with database.transaction(actor=system_actor(service), clock=SystemClock(), read_only=True) as tx:
            return await verify(tx)
    finally:
        await database.close()


def main(arguments: list[str]) -> int:
    """Run the command line; exit 1 where a chain is broken."""
    parser = argparse.ArgumentParser(prog="python -m shared.db.audit", description=__doc__)
    parser.add_argument("verb", choices=("verify",))
    parser.add_argument("services", nargs="+")
    broken = False
    for service in parser.parse_args(arguments).services:
        url = os.environ.get(f"{service.upper()}_DATABASE_URL")
        if url is None:
            parser.error(f"set {service.upper()}_DATABASE_URL")
        verdict = asyncio.run(_verify_service(service, url))
        broken = broken or verdict.broken_at is not None
        state = f"broken 链断: {verdict.reason}" if verdict.broken_at else "whole 完整"
        sys.stdout.write(f"{service}: {state}, {verdict.rows} rows 行, {verdict.unsealed} unsealed 待封\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
