"""Deliberate bugs of money: credit line, idempotency, state machine."""

import dataclasses
import re
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col

from services.finance.evaluation.rules import credit_line as line_rules
from services.finance.evaluation.store import credit_line as lines
from services.finance.lending.models.loan_application import LoanApplication
from services.finance.lending.store import drawdown as drawdowns
from services.finance.lending.store import loan_application as applications
from shared.db import idempotency
from shared.db.bookkeeping import StoredAnswer
from shared.db.single import SingleWrite
from shared.db.statement import Statement
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.kernel.refusals import IDEMPOTENCY_KEY_RUNNING
from shared.web import edge
from shared.web.reader import IncomingRequest
from tests.fault.mutants import Mutant


def _naive_read_then_insert() -> None:
    # Three guards hold a line, and each alone is enough for C1: the row lock, the condition of the UPDATE, the CHECK of
    # the ledger. A bug that takes money must lose all three, so the ledger here is told a limit that always fits.
    lines.lock = lines.find
    open_parts = lines._MOVE_TEXT.partition("      AND (CAST(:own_limit")
    rest = "    RETURNING" + open_parts[2].partition("    RETURNING")[2]
    told = "coalesce(CAST(:own_limit AS bigint), limit_fen)"
    assert told in rest
    rest = rest.replace(told, f"greatest({told}, reserved_fen + drawn_fen)")
    lines._MOVE = text(open_parts[0] + rest)


def _replaced(statement: Statement, pattern: str, word: str) -> None:
    """Change each place of a statement that fits; its numbers stay."""
    sql, found = re.subn(pattern, word, statement.sql)
    assert found, pattern
    statement.sql = sql


_NOW = Statement("""
SELECT loan.version AS loan_version, line.version AS line_version
FROM loan JOIN credit_line AS line ON line.uscc = loan.enterprise_uscc WHERE loan.id = :loan_id
""")


def _versions_read_again() -> None:
    honest = SingleWrite.flush

    async def flush(self: SingleWrite) -> None:
        if self._change is not None and "line_version" in self._change[1]:
            write, values = self._change
            found = await self._connection.fetch_one(_NOW, values)
            # What is written stands on what was read before; only the numbers are of now.
            self._change = write, {**values, **dict(found or {})}
        await honest(self)

    SingleWrite.flush = flush  # type: ignore[method-assign]


def _stale_state() -> None:
    async def lock(tx: Transaction, application_id: UUID) -> LoanApplication | None:
        query = select(LoanApplication).where(col(LoanApplication.id) == application_id)
        query = applications.visible(
            query,
            tx.actor,
            enterprise=col(LoanApplication.enterprise_uscc),
            bank=col(LoanApplication.bank_uscc),
            sees_all=(),
        )
        return (await tx.session.execute(query)).scalar_one_or_none()

    applications.lock = lock


def _float_money() -> None:
    exact = line_rules.use

    def use(amount_fen: int) -> line_rules.Movement:
        off = int(amount_fen / 100 * 100)  # yuan in a binary fraction, back in fen
        return dataclasses.replace(exact(amount_fen), reserved_delta_fen=-off, drawn_delta_fen=off)

    line_rules.use = use


def _claim_outlives_its_transaction() -> None:
    honest, claimed = edge.claim, set[tuple[str, str, str]]()

    async def claim(tx: Transaction, *, route: str, key: str, fingerprint: bytes) -> StoredAnswer | None:
        stored = await honest(tx, route=route, key=key, fingerprint=fingerprint)
        mine = (tx.actor.client_id, route, key)
        if stored is None and mine in claimed:
            raise Refusal(IDEMPOTENCY_KEY_RUNNING)
        claimed.add(mine)
        return stored

    edge.claim = claim


def _keys_without_a_lock() -> None:
    async def always(*_: Any) -> bool:
        return True

    edge._SINGLE_TRIES = 0  # a call of one statement needs no lock for its key: the row is enough
    idempotency.try_lock_transaction = always


def _key_is_not_claimed() -> None:
    for form in (drawdowns._DRAW.whole, drawdowns._REPAY.whole):
        _replaced(form, r"ON CONFLICT \(client_id, route, key\) DO NOTHING", "")
        _replaced(form, r"CAST\((\$\d+) AS text\),\n\s+CAST\((\$\d+) AS bytea\)", _ANOTHER_KEY)


_ANOTHER_KEY = r"CAST(\1 AS text) || gen_random_uuid(), CAST(\2 AS bytea)"


def _keys_of_all_clients() -> None:
    for found in (idempotency.KEPT, drawdowns._LOAN.keyed):
        _replaced(found, r"client_id = (\$\d+)", r"CAST(\1 AS text) IS NOT NULL")


def _keys_without_a_fingerprint() -> None:
    honest = edge.read_request

    async def read_request(*given: Any, **named: Any) -> IncomingRequest:
        await honest(*given, **named)
        return IncomingRequest(b"\x00" * 32)

    edge.read_request = read_request


AREA: tuple[Mutant, ...] = (
    Mutant(
        "naive_read_then_insert",
        "a signature reads what is left, decides and writes, without lock, guarded UPDATE or CHECK",
        ("C1",),
        _naive_read_then_insert,
    ),
    Mutant(
        "versions_read_again",
        "a drawdown is decided on what was read before, and names the versions of now",
        ("C1",),
        _versions_read_again,
    ),
    Mutant("float_money", "a drawdown moves the line by yuan in a binary fraction", ("C1",), _float_money),
    Mutant("stale_state", "an application is moved on as it was read, without a lock", ("C8",), _stale_state),
    Mutant(
        "claim_outlives_its_transaction",
        "an idempotency key is claimed by a commit of its own, which a refusal leaves behind",
        ("C4",),
        _claim_outlives_its_transaction,
    ),
    Mutant(
        "keys_without_a_lock", "nobody waits for a request that runs under the same key", ("C2",), _keys_without_a_lock
    ),
    Mutant("key_is_not_claimed", "the answer of a hot route is kept under another key", ("C2",), _key_is_not_claimed),
    Mutant("keys_of_all_clients", "a key of one client answers another client", ("C3",), _keys_of_all_clients),
    Mutant(
        "keys_without_a_fingerprint", "a key answers whatever body comes with it", ("C3",), _keys_without_a_fingerprint
    ),
)
