"""Long work as a resource: state, progress, result; it survives the process that runs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import MetaData, RowMapping, select, text

from shared.db.keyset import Page, PageWanted, descending
from shared.db.tables import attach_infrastructure
from shared.db.transaction import Transaction
from shared.kernel.actor import Actor, Role

_METADATA = MetaData()
attach_infrastructure(_METADATA)
_ROWS = _METADATA.tables["operation"]
_NEWEST = descending(_ROWS.c.created_at, _ROWS.c.id)
_SEES_ALL = frozenset({Role.CITY, Role.AUDITOR, Role.SYSTEM})


@dataclass(frozen=True, slots=True)
class Operation:
    """One piece of long work.

    Attributes:
        id: also its address.
        kind: what is done, such as `import_enterprises`.
        state: QUEUED, RUNNING, DONE, FAILED or CANCELLED.
        actor: for whom it runs; rows are checked against its row scope.
        file_sha256: the uploaded file, if there is one.
        input: what else was given.
        done: rows handled so far; work goes on behind them after a crash.
        total: rows in all, once known.
        result: the report, also while it grows.
        error: why it failed.
    """

    id: UUID
    kind: str
    state: str
    actor: Actor
    file_sha256: str | None
    input: dict[str, Any]
    done: int
    total: int | None
    result: dict[str, Any] | None
    error: str | None
    request_id: str | None
    causation_id: UUID
    created_at: datetime
    updated_at: datetime


_COLUMNS = """id, kind, state, client_id, role, party, unit_id, file_sha256, input, done, total, result, error,
request_id, causation_id, created_at, updated_at"""
_START = text(f"""
INSERT INTO operation (id, kind, state, client_id, role, party, unit_id, file_sha256, input, request_id, causation_id,
                       created_at, updated_at)
VALUES (:id, :kind, 'QUEUED', :client_id, :role, :party, :unit_id, :file_sha256, CAST(:input AS jsonb), :request_id,
        :causation_id, :now, :now) RETURNING {_COLUMNS}
""")  # noqa: S608  # a constant list of columns
# The state is asked for twice: who waited for a row that was cancelled or closed meanwhile must not open it again.
_CLAIM = text(f"""
UPDATE operation SET state = 'RUNNING', updated_at = :now WHERE state IN ('QUEUED', 'RUNNING') AND id = (
    SELECT id FROM operation WHERE kind = :kind AND state IN ('QUEUED', 'RUNNING') ORDER BY created_at LIMIT 1
) RETURNING {_COLUMNS}
""")  # noqa: S608  # a constant list of columns
_RUNS = text("SELECT 1 FROM operation WHERE kind = :kind AND state = 'RUNNING' LIMIT 1")
_FIND = text(f"SELECT {_COLUMNS} FROM operation WHERE id = :id AND kind = :kind")  # noqa: S608  # 〃
_FIND_ALL = text(f"SELECT {_COLUMNS} FROM operation WHERE id = ANY(:ids) AND kind = :kind")  # noqa: S608  # 〃
_PROGRESS = text("""
UPDATE operation SET done = :done, total = coalesce(:total, total), state = :state,
       result = coalesce(CAST(:result AS jsonb), result), error = :error, updated_at = :now
WHERE id = :id AND state IN ('QUEUED', 'RUNNING') RETURNING id
""")
_ADVANCE = text(f"""
UPDATE operation SET done = done + :rows, updated_at = :now WHERE id = :id AND state = 'RUNNING' RETURNING {_COLUMNS}
""")  # noqa: S608  # a constant list of columns
_CANCEL = text(f"""
UPDATE operation SET state = 'CANCELLED', updated_at = :now
WHERE id = :id AND state IN ('QUEUED', 'RUNNING') RETURNING {_COLUMNS}
""")  # noqa: S608  # a constant list of columns


async def start_operation(
    tx: Transaction, *, operation_id: UUID, kind: str, file_sha256: str | None, given: dict[str, Any] | None = None
) -> Operation:
    """Queue long work for the actor of `tx`; a job of the service picks it up."""
    found = await tx.session.execute(
        _START,
        {
            "id": operation_id,
            "kind": kind,
            "client_id": tx.actor.client_id,
            "role": tx.actor.role.value,
            "party": tx.actor.party,
            "unit_id": tx.actor.unit_id,
            "file_sha256": file_sha256,
            "input": orjson.dumps(given or {}).decode(),
            "request_id": tx.request_id,
            "causation_id": tx.causation_id,
            "now": tx.now,
        },
    )
    return _operation(found.mappings().one())


async def claim_operation(tx: Transaction, kind: str) -> Operation | None:
    """Return the oldest unfinished work of `kind`, also work whose process died, or of others that share it.

    None where there is none, or where it ended while this waited for it: the next call sees what is behind it.
    """
    found = (await tx.session.execute(_CLAIM, {"kind": kind, "now": tx.now})).mappings().one_or_none()
    return None if found is None else _operation(found)


async def is_running(tx: Transaction, kind: str) -> bool:
    """Tell whether work of `kind` was begun and has not ended, by whichever process."""
    return (await tx.session.execute(_RUNS, {"kind": kind})).first() is not None


async def find_operation(tx: Transaction, operation_id: UUID, kind: str) -> Operation | None:
    """Return the operation, or None where it is absent or another client's (city, auditor and system see all)."""
    found = (await tx.session.execute(_FIND, {"id": operation_id, "kind": kind})).mappings().one_or_none()
    if found is None:
        return None
    operation = _operation(found)
    return operation if tx.actor.role in _SEES_ALL or operation.actor.client_id == tx.actor.client_id else None


async def page_of_operations(tx: Transaction, kind: str, wanted: PageWanted) -> Page[Operation]:
    """Return one page of the operations that the caller may see, newest first: of its own client, or all.

    Raises:
        Refusal: `cursor_invalid`.
    """
    statement = select(_ROWS).where(_ROWS.c.kind == kind)
    if tx.actor.role not in _SEES_ALL:
        statement = statement.where(_ROWS.c.client_id == tx.actor.client_id)
    found = await _NEWEST.page(tx, statement, wanted)
    return Page([_operation(row._mapping) for row in found.rows], found.next_key)  # noqa: SLF001  # SQLAlchemy's public name


async def find_operations(tx: Transaction, operation_ids: Sequence[UUID], kind: str) -> dict[UUID, Operation]:
    """Return operations by id, whoever asked for them: for callers that may see all."""
    found = await tx.session.execute(_FIND_ALL, {"ids": list(operation_ids), "kind": kind})
    return {row["id"]: _operation(row) for row in found.mappings()}


async def progress(  # each is one column
    tx: Transaction,
    operation_id: UUID,
    *,
    done: int,
    total: int | None = None,
    state: str = "RUNNING",
    result: dict[str, Any] | None = None,
    error: str | None = None,
) -> bool:
    """Record how far the work is, in the same transaction as the rows it wrote; False if it was cancelled or ended."""
    found = await tx.session.execute(
        _PROGRESS,
        {
            "id": operation_id,
            "done": done,
            "total": total,
            "state": state,
            "result": None if result is None else orjson.dumps(result).decode(),
            "error": error,
            "now": tx.now,
        },
    )
    return found.first() is not None


async def advance(tx: Transaction, operation_id: UUID, *, rows: int) -> Operation | None:
    """Add to what is done of work that several processes share; None if it was cancelled or has ended.

    The operation stays locked until the transaction ends: who advances last sees what all others did.
    """
    found = await tx.session.execute(_ADVANCE, {"id": operation_id, "rows": rows, "now": tx.now})
    row = found.mappings().one_or_none()
    return None if row is None else _operation(row)


async def cancel_operation(tx: Transaction, operation_id: UUID) -> Operation | None:
    """End work that waits or runs, behind its last commit; None if it has ended."""
    found = await tx.session.execute(_CANCEL, {"id": operation_id, "now": tx.now})
    row = found.mappings().one_or_none()
    return None if row is None else _operation(row)


def _operation(row: RowMapping) -> Operation:
    actor = Actor(client_id=row["client_id"], role=Role(row["role"]), party=row["party"], unit_id=row["unit_id"])
    kept = {name: row[name] for name in row if name not in {"client_id", "role", "party", "unit_id"}}
    return Operation(actor=actor, **kept)
