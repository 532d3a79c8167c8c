"""Waiting rights as rows of one kind, read from the tables of rights and their moves."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Date,
    DateTime,
    Integer,
    Select,
    SQLColumnExpression,
    String,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import registry
from sqlmodel import col

from services.ipr.right.models.right import Right, RightMove, RightOwner
from services.ipr.right.rules.right_kind import PATENT_KINDS
from services.ipr.right.rules.right_status import IN_FORCE, MoveState
from services.ipr.right.rules.work_item import WAITS_FOR
from shared.db.base import text_enum
from shared.kernel.evidence import EvidenceLevel
from shared.kernel.work_item import WorkKind, ahead_days

_MOST_YEARS = 30
"""No patent lives longer: twenty years and any compensation."""


def _named(kind: WorkKind, whose: SQLColumnExpression[str]) -> tuple[Any, ...]:
    """Return the columns that every kind has; the kind is written out, or no index of a part would be used."""
    return (
        literal(kind, text_enum(WorkKind), literal_execute=True).label("kind"),
        literal(WAITS_FOR[kind].value, String(40), literal_execute=True).label("waits_for"),
        col(Right.id),
        col(Right.right_no).label("case_no"),
        whose.label("enterprise_uscc"),
        # No district enters rights: a unit is told of the owner that a line names, not of the case.
        cast(null(), String(8)).label("unit_id"),
    )


def _first_owner() -> SQLColumnExpression[str]:
    """Return the owner with the largest share."""
    owners = select(col(RightOwner.uscc)).where(col(RightOwner.right_id) == col(Right.id))
    return owners.order_by(col(RightOwner.share_ppm).desc(), col(RightOwner.uscc)).limit(1).scalar_subquery()


def _is_declared(wanted: bool) -> Any:  # noqa: ANN401, FBT001  # a condition; one of two
    declared = literal(EvidenceLevel.DECLARED, text_enum(EvidenceLevel), literal_execute=True)
    return col(Right.evidence_level) == declared if wanted else col(Right.evidence_level) != declared


def _attestations() -> Select[*tuple[Any, ...]]:
    own: tuple[Any, ...] = (col(Right.created_at).label("since_at"), cast(null(), Date).label("due_on"))
    return select(*_named(WorkKind.RIGHT_ATTESTATION, _first_owner()), *own).where(_is_declared(wanted=True))


def _held_moves() -> Select[*tuple[Any, ...]]:
    held = literal(MoveState.HELD, text_enum(MoveState), literal_execute=True)
    moves = select(func.min(col(RightMove.recorded_at))).where(
        col(RightMove.right_id) == col(Right.id), col(RightMove.status) == held
    )
    waiting = select(col(RightMove.right_id)).where(col(RightMove.status) == held)
    own: tuple[Any, ...] = (
        cast(moves.scalar_subquery(), DateTime(timezone=True)).label("since_at"),
        cast(null(), Date).label("due_on"),
    )
    # What is only declared waits for its attestation first: one line for each right.
    return select(*_named(WorkKind.RIGHT_HELD_MOVE, _first_owner()), *own).where(
        col(Right.id).in_(waiting), _is_declared(wanted=False)
    )


def _annuities() -> Select[*tuple[Any, ...]]:
    years = func.generate_series(1, _MOST_YEARS).table_valued("year").render_derived(name="of_life")
    begins_on = cast(cast(col(Right.filed_on), DateTime) + func.make_interval(cast(years.c.year, Integer)), Date)
    shown_from = cast(begins_on - ahead_days(), DateTime)
    since_at = func.timezone("Asia/Shanghai", shown_from, type_=DateTime(timezone=True)).label("since_at")
    return (
        select(*_named(WorkKind.ANNUITY, col(RightOwner.uscc)), since_at, begins_on.label("due_on"))
        .join_from(Right, RightOwner, col(RightOwner.right_id) == col(Right.id))
        .join(years, true())
        .where(
            col(Right.kind).in_(PATENT_KINDS),
            col(Right.legal_status).in_(IN_FORCE),
            begins_on > col(Right.granted_on),
            or_(col(Right.ends_on).is_(None), begins_on <= col(Right.ends_on)),
        )
    )


ITEMS = union_all(_attestations(), _held_moves(), _annuities()).subquery("work_item")
"""Every waiting right; of its annual fees every one of its life, to be narrowed to the days that are near."""


class WorkItem:
    """One waiting right, a fee once for each owner; `due_on` is the day on which its year begins."""

    kind: WorkKind
    waits_for: str
    id: UUID
    case_no: str
    enterprise_uscc: str
    unit_id: str | None
    since_at: datetime
    due_on: date | None


registry().map_imperatively(WorkItem, ITEMS, primary_key=[ITEMS.c.kind, ITEMS.c.id])
