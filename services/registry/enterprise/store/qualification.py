"""Every SELECT of titles; whoever writes holds the enterprise's lock."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from services.registry.enterprise.models.enterprise import Enterprise
from services.registry.enterprise.models.qualification import Qualification
from services.registry.enterprise.rules.qualification import QualificationKind, QualificationStatus
from services.registry.enterprise.store.scope import visible
from shared.db.document import held_beside
from shared.db.keyset import ascending
from shared.db.selection import Selection, as_code, by_time, due_first, holds_key
from shared.db.transaction import Transaction
from shared.kernel.sort import Sort


async def of_enterprise(tx: Transaction, uscc: str, kind: QualificationKind | None = None) -> Sequence[Qualification]:
    """Return the titles of a firm, newest first."""
    statement = select(Qualification).where(col(Qualification.uscc) == uscc)
    if kind is not None:
        statement = statement.where(col(Qualification.kind) == kind)
    statement = statement.order_by(col(Qualification.valid_from_on).desc(), col(Qualification.id).desc())
    return (await tx.session.execute(statement)).scalars().all()


async def find(tx: Transaction, qualification_id: UUID) -> Qualification | None:
    """Return one title if the actor may see its firm."""
    statement = (
        select(Qualification)
        .join(Enterprise, col(Enterprise.uscc) == col(Qualification.uscc))
        .where(col(Qualification.id) == qualification_id, visible(tx.actor))
    )
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def ended_before(tx: Transaction, on: date, *, limit: int) -> Sequence[tuple[str, QualificationKind]]:
    """Return firms and kinds with a title told as valid whose validity ended before `on`."""
    statement = (
        select(col(Qualification.uscc), col(Qualification.kind))
        .where(col(Qualification.status) == QualificationStatus.VALID, col(Qualification.valid_until_on) < on)
        .distinct()
        .order_by(col(Qualification.uscc), col(Qualification.kind))
        .limit(limit)
    )
    return [(row.uscc, row.kind) for row in await tx.session.execute(statement)]


def _visible_rows(tx: Transaction) -> Select[Qualification]:
    joined = select(Qualification).join(Enterprise, col(Enterprise.uscc) == col(Qualification.uscc))
    return joined.where(visible(tx.actor))


LIST = Selection(
    rows=_visible_rows,
    sorts={
        **by_time(col(Qualification.created_at), col(Qualification.id)),
        Sort.DUE: due_first(col(Qualification.valid_until_on), col(Qualification.id)),
        Sort.CODE: ascending(col(Qualification.uscc), col(Qualification.id)),
    },
    same={
        "uscc": col(Qualification.uscc),
        "unit_id": col(Enterprise.unit_id),
        "number": as_code(col(Qualification.number)),
    },
    among={"kind": col(Qualification.kind), "status": col(Qualification.status)},
    days={"valid_from": col(Qualification.valid_from_on), "valid_until": col(Qualification.valid_until_on)},
    found={"q": lambda text: holds_key(col(Enterprise.name_key), text)},
    beside={
        "name": col(Enterprise.name),
        "documents": held_beside("qualification", ("evidence", "revocation_evidence")),
    },
)
"""What titles may be narrowed and sorted by."""
