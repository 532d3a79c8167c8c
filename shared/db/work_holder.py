"""Who has a waiting case: read beside a list, narrowed by, taken and handed over; one table in each service."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, MetaData, and_, exists, or_, select, text, true

from shared.db.selection import Asked, Selection
from shared.db.tables import attach_infrastructure
from shared.db.transaction import Transaction
from shared.kernel.actor import Role
from shared.kernel.holding import Holder, HolderChoice

Case = tuple[str, UUID, str]
"""Kind, id and the role whose turn it is."""
_METADATA = MetaData()
attach_infrastructure(_METADATA)
_ROW = _METADATA.tables["work_holder"].c
# The row is made empty, so that two who take a case at once wait for one another.
_MAKE = text("""
INSERT INTO work_holder (kind, case_id, role) VALUES (:kind, :case_id, :role) ON CONFLICT DO NOTHING
""")
_LOCK = text("""
SELECT client_id, since_at, unit_id FROM work_holder
WHERE kind = :kind AND case_id = :case_id AND role = :role FOR UPDATE
""")
_KEEP = text("""
UPDATE work_holder SET client_id = :client_id, since_at = :since_at, unit_id = :unit_id
WHERE kind = :kind AND case_id = :case_id AND role = :role
""")


def with_holders(selection: Selection) -> Selection:
    """Return a list of waiting cases that tells who has them and may be narrowed by that, and to one case.

    Args:
        selection: cases with the columns `kind`, `id`, `waits_for` and `unit_id`.
    """
    kind: Any = selection.among["kind"]
    cases = kind.table.c  # of the union that the list is read from
    # A case that moved to another unit is nobody's there.
    of_case = and_(
        _ROW.kind == cases.kind,
        _ROW.case_id == cases.id,
        _ROW.role == cases.waits_for,
        or_(_ROW.role != Role.DISTRICT.value, _ROW.unit_id == cases.unit_id),
        _ROW.client_id.is_not(None),
    )

    def holds(tx: Transaction, choice: HolderChoice) -> ColumnElement[bool]:
        own = _ROW.client_id == tx.actor.client_id
        who = {HolderChoice.ME: own, HolderChoice.COLLEAGUE: ~own}.get(choice, true())
        held = exists().where(of_case, who)
        return ~held if choice is HolderChoice.NOBODY else held

    beside = {
        "held_by": select(_ROW.client_id).where(of_case).scalar_subquery(),
        "held_since_at": select(_ROW.since_at).where(of_case).scalar_subquery(),
    }
    return replace(
        selection,
        same={**selection.same, "case_id": cases.id},
        asked={**selection.asked, "holder": Asked(HolderChoice, holds)},
        beside={**selection.beside, **beside},
    )


def holder_of(row: Any) -> Holder | None:  # noqa: ANN401  # a row of such a list
    """Return who has a listed case, None for nobody."""
    return None if row.held_by is None else Holder(row.held_by, row.held_since_at)


async def lock_holder(tx: Transaction, case: Case, unit_id: str | None) -> Holder | None:
    """Return who has a case, and hold the answer until the end of the transaction."""
    named = _named(case)
    await tx.session.execute(_MAKE, named)
    row = (await tx.session.execute(_LOCK, named)).one_or_none()
    if row is None or row.client_id is None:
        return None
    is_moved = case[2] == Role.DISTRICT and row.unit_id != unit_id
    return None if is_moved else Holder(row.client_id, row.since_at)


async def keep_holder(tx: Transaction, case: Case, unit_id: str | None, holder: Holder | None) -> None:
    """Note who has a case from now on, None for nobody; the row is held (`lock_holder`)."""
    told = {"client_id": holder.client_id, "since_at": holder.since_at} if holder else {}
    await tx.session.execute(_KEEP, {"client_id": None, "since_at": None, **told, "unit_id": unit_id, **_named(case)})


def _named(case: Case) -> dict[str, Any]:
    return dict(zip(("kind", "case_id", "role"), case, strict=True))
