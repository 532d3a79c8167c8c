"""Deliberate bugs of money: credit line, idempotency, state machine."""

import dataclasses
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col

from services.finance.evaluation.rules import credit_line as line_rules
from services.finance.evaluation.store import credit_line as lines
from services.finance.lending.models.loan import Loan
from services.finance.lending.models.loan_application import LoanApplication
from services.finance.lending.store import loan as loans
from services.finance.lending.store import loan_application as applications
from services.finance.lending.store.loan import HeldLoan
from shared.db import idempotency
from shared.db.bookkeeping import StoredAnswer
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
    open_parts = lines._MOVE_PARTS.partition("      AND (CAST(:own_limit")
    rest = "    RETURNING" + open_parts[2].partition("    RETURNING")[2]
    told = "coalesce(CAST(:own_limit AS bigint), limit_fen)"
    assert told in rest
    rest = rest.replace(told, f"greatest({told}, reserved_fen + drawn_fen)")
    lines._MOVE = text("WITH " + (open_parts[0] + rest).format(condition="TRUE"))


def _check_before_lock() -> None:
    locked = loans.lock_own

    async def lock_own(tx: Transaction, loan_id: UUID) -> tuple[HeldLoan, str | None] | None:
        columns = select(col(Loan.drawn_fen)).where(col(Loan.id) == loan_id)
        seen = (await tx.session.execute(columns)).scalar_one_or_none()
        held = await locked(tx, loan_id)
        if held is None or seen is None:
            return held
        # What was read before the lock is what is judged.
        return dataclasses.replace(held[0], drawn_fen=seen), held[1]

    loans.lock_own = lock_own


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

    idempotency.try_lock_transaction = always


def _keys_of_all_clients() -> None:
    idempotency._FIND = Statement(
        "SELECT fingerprint, status, headers, body FROM idempotency_key"
        " WHERE CAST(:client_id AS text) IS NOT NULL AND route = :route AND key = :key"
    )


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
        "check_before_lock", "a drawdown is judged on a loan read before it was locked", ("C1",), _check_before_lock
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
    Mutant("keys_of_all_clients", "a key of one client answers another client", ("C3",), _keys_of_all_clients),
    Mutant(
        "keys_without_a_fingerprint", "a key answers whatever body comes with it", ("C3",), _keys_without_a_fingerprint
    ),
)
