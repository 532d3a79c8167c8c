"""The audit as its reader sees it: who did or read what, of which enterprise, under which consent."""

from typing import Any

from sqlalchemy import MetaData, Select, String, cast, false, literal, select, union_all
from sqlalchemy.orm import registry

from shared.db.keyset import ascending, descending
from shared.db.selection import Asked, Selection, exactly
from shared.db.tables import attach_infrastructure
from shared.db.transaction import Transaction
from shared.kernel.actor import Role
from shared.kernel.sort import Sort
from shared.kernel.types import CodeText

AUDITORS = frozenset({Role.AUDITOR})
"""Who reads the audit: nobody whose acts stand in it."""


class AuditRow:
    """One row of the audit, without the word that seals it."""

    position: Any
    acted_at: Any
    client_id: Any
    role: Any
    party: Any
    action: Any
    subject: Any
    uscc: Any
    purpose: Any
    consent_id: Any
    fields: Any
    outcome: Any
    detail: Any
    request_id: Any
    causation_id: Any
    seal_no: Any


def _map() -> None:
    """Map the table once for all services: each has it, and a session finds that of its own database."""
    metadata = MetaData()
    attach_infrastructure(metadata)
    table = metadata.tables["audit_entry"]
    registry(metadata=metadata).map_imperatively(
        AuditRow, table, properties={"acted_at": table.c["at"]}, exclude_properties=["seal"]
    )


_map()


def _visible(tx: Transaction) -> Select[Any]:
    every = select(AuditRow)
    return every if tx.actor.role in AUDITORS else every.where(false())


def audit_list(metadata: MetaData) -> Selection:
    """Return what the audit of a service may be narrowed and sorted by.

    Args:
        metadata: tables of the service; those that hold numbers of cases let it be asked by number.
    """
    numbered = [table for table in metadata.sorted_tables if {"id", "case_no"} <= set(table.c.keys())]

    def of_case(_tx: Transaction, case_no: str) -> Any:  # noqa: ANN401  # a condition
        named = (
            select(literal(f"{table.name}/") + cast(table.c.id, String)).where(table.c.case_no == case_no)
            for table in numbered
        )
        return AuditRow.subject.in_(union_all(*named))

    return Selection(
        rows=_visible,
        sorts={Sort.NEWEST: descending(AuditRow.position), Sort.OLDEST: ascending(AuditRow.position)},
        same={"uscc": AuditRow.uscc, "consent_id": AuditRow.consent_id},
        days={"acted": AuditRow.acted_at},
        asked={
            "client_id": exactly(AuditRow.client_id),
            "subject": exactly(AuditRow.subject),
            "action": exactly(AuditRow.action),
            "outcome": exactly(AuditRow.outcome),
            "request_id": exactly(AuditRow.request_id),
            **({"case_no": Asked(CodeText, of_case)} if numbered else {}),
        },
    )
