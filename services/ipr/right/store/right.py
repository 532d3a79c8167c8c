"""Rights with what hangs on them: an enterprise sees those it owns a share of, a district those of its firms."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    String,
    and_,
    cast,
    column,
    delete,
    exists,
    false,
    func,
    insert,
    or_,
    select,
)
from sqlmodel import col

from services.ipr.base import metadata
from services.ipr.right.models.blemish import Blemish
from services.ipr.right.models.enterprise import Enterprise
from services.ipr.right.models.right import Right, RightEvidence, RightGround, RightMove, RightOwner, RightTransfer
from services.ipr.right.rules.right import HighValueGround, RightTerms, RightView
from services.ipr.right.rules.right_kind import RightKind, numbers_kept
from services.ipr.right.rules.right_owner import OwnerPart
from services.ipr.right.rules.right_status import IN_FORCE, RecordedMove
from shared.db.keyset import ascending
from shared.db.selection import Asked, Selection, by_time, due_first, holds_key
from shared.db.transaction import Transaction
from shared.kernel.actor import Actor, Role
from shared.kernel.sort import Sort
from shared.kernel.types import CodeText, LooseUscc, UnitId

SEES_ALL = frozenset({Role.CITY, Role.IP_CENTRE, Role.AUDITOR, Role.SYSTEM})
Rows = TypeVar("Rows", bound=Select[Any])


@dataclass(frozen=True, slots=True)
class NewRight:
    """The rows of one right that is new, by table; columns by name."""

    right: dict[str, Any]
    owners: list[dict[str, Any]]
    move: dict[str, Any]
    grounds: list[dict[str, Any]]


def visible(query: Rows, actor: Actor) -> Rows:
    """Keep the rights that `actor` may see."""
    if actor.role in SEES_ALL:
        return query
    mine = select(col(RightOwner.right_id)).where(col(RightOwner.right_id) == col(Right.id))
    if actor.role is Role.ENTERPRISE and actor.party is not None:
        return query.where(exists(mine.where(col(RightOwner.uscc) == actor.party)))
    if actor.role is Role.DISTRICT and actor.unit_id is not None:
        firms = mine.join(Enterprise, col(Enterprise.uscc) == col(RightOwner.uscc))
        return query.where(exists(firms.where(col(Enterprise.unit_id) == actor.unit_id)))
    return query.where(false())


async def find(tx: Transaction, right_id: UUID) -> Right | None:
    """Return a right that the caller may see."""
    query = visible(select(Right).where(col(Right.id) == right_id), tx.actor)
    return (await tx.session.execute(query)).scalar_one_or_none()


async def of_ids(tx: Transaction, right_ids: Collection[UUID]) -> Sequence[Right]:
    """Return the rights that rows of ours point to, for a list whose row scope was asked before."""
    return (await tx.session.execute(select(Right).where(col(Right.id).in_(right_ids)))).scalars().all()


async def lock(tx: Transaction, right_id: UUID) -> Right | None:
    """Return a right that the caller may see and hold it; a right is locked before the portfolios of its owners."""
    query = visible(select(Right).where(col(Right.id) == right_id), tx.actor).with_for_update(of=Right)
    return (await tx.session.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()


async def find_by_number(tx: Transaction, kind: RightKind, right_no: str) -> Right | None:
    """Return the right of that kind and number, whoever owns it."""
    query = select(Right).where(col(Right.kind) == kind, col(Right.right_no) == right_no)
    return (await tx.session.execute(query)).scalar_one_or_none()


async def add(tx: Transaction, new: Sequence[NewRight]) -> None:
    """Insert new rights with owners, first status and grounds: one statement per table, however many they are."""
    for table, rows in (
        (Right, [one.right for one in new]),
        (RightOwner, [owner for one in new for owner in one.owners]),
        (RightMove, [one.move for one in new]),
        (RightGround, [ground for one in new for ground in one.grounds]),
    ):
        if rows:
            await tx.session.execute(insert(metadata.tables[str(table.__tablename__)]), rows)


async def lock_by_numbers(
    tx: Transaction, numbers: Collection[tuple[RightKind, str]]
) -> dict[tuple[RightKind, str], Right]:
    """Return the rights with these kinds and numbers and hold them, in order of their ids."""
    if not numbers:
        return {}
    # A join, not a list of pairs: for that the planner reads all rights in order of their ids and looks at each.
    kinds, codes = ([str(part) for part in parts] for parts in zip(*sorted(numbers), strict=True))
    wanted = func.unnest(cast(kinds, ARRAY(String)), cast(codes, ARRAY(String)))
    pairs = wanted.table_valued(column("kind", String), column("right_no", String), name="wanted").render_derived()
    query = (
        select(Right)
        .join(pairs, and_(col(Right.kind) == pairs.c.kind, col(Right.right_no) == pairs.c.right_no))
        .order_by(col(Right.id))
        .with_for_update(of=Right)
    )
    rows = (await tx.session.execute(query.execution_options(populate_existing=True))).scalars()
    return {(row.kind, row.right_no): row for row in rows}


async def views(tx: Transaction, rights: Sequence[Right]) -> dict[UUID, RightView]:
    """Return the public state of each right: owners, grounds and open blemishes put together."""
    ids = [right.id for right in rights]
    owners = await owners_of(tx, ids)
    grounds: dict[UUID, set[HighValueGround]] = {}
    for right_id, ground in await tx.session.execute(
        select(col(RightGround.right_id), col(RightGround.ground)).where(col(RightGround.right_id).in_(ids))
    ):
        grounds.setdefault(right_id, set()).add(ground)
    open_cases = select(col(Blemish.right_id)).where(col(Blemish.right_id).in_(ids), col(Blemish.cleared_on).is_(None))
    blemished = set((await tx.session.execute(open_cases)).scalars())
    return {
        right.id: RightView(
            right_id=right.id,
            terms=terms_of(right),
            legal_status=right.legal_status,
            ends_on=right.ends_on,
            owners=tuple(owners.get(right.id, ())),
            level=right.evidence_level,
            grounds=frozenset(grounds.get(right.id, ())),
            blemished=right.id in blemished,
        )
        for right in rights
    }


def terms_of(right: Right) -> RightTerms:
    """Return the terms of a right without the columns that the table adds; the row was validated when it was made."""
    return RightTerms.model_construct(**{name: getattr(right, name) for name in RightTerms.model_fields})


async def owners_of(tx: Transaction, right_ids: Collection[UUID]) -> dict[UUID, list[OwnerPart]]:
    """Return the owners of each right, largest share first."""
    query = (
        select(col(RightOwner.right_id), col(RightOwner.uscc), col(RightOwner.share_ppm))
        .where(col(RightOwner.right_id).in_(right_ids))
        .order_by(col(RightOwner.share_ppm).desc(), col(RightOwner.uscc))
    )
    found: dict[UUID, list[OwnerPart]] = {}
    for right_id, uscc, share_ppm in await tx.session.execute(query):
        found.setdefault(right_id, []).append(OwnerPart.model_construct(uscc=uscc, share_ppm=share_ppm))
    return found


async def remove_owners(tx: Transaction, right_id: UUID) -> None:
    """Remove the owners of a right, whose lock is held, to make room for the next ones; the transfer keeps both."""
    await tx.session.execute(delete(RightOwner).where(col(RightOwner.right_id) == right_id))


async def moves(tx: Transaction, right_ids: Collection[UUID]) -> dict[UUID, list[RightMove]]:
    """Return the history of each right's status in order of date."""
    query = (
        select(RightMove)
        .where(col(RightMove.right_id).in_(right_ids))
        .order_by(col(RightMove.effective_on), col(RightMove.recorded_no), col(RightMove.id))
    )
    found: dict[UUID, list[RightMove]] = {right_id: [] for right_id in right_ids}
    for row in (await tx.session.execute(query)).scalars():
        found[row.right_id].append(row)
    return found


def recorded(row: RightMove) -> RecordedMove:
    """Return a stored move as the rules see it."""
    return RecordedMove(
        move_id=row.id,
        recorded_no=row.recorded_no,
        to_status=row.to_status,
        effective_on=row.effective_on,
        notice_on=date.fromisoformat(row.evidence["issued_on"]),
        requested_on=row.requested_on,
        level=row.evidence_level,
        state=row.status,
    )


async def transfers(tx: Transaction, right_id: UUID) -> Sequence[RightTransfer]:
    """Return the transfers of a right, oldest first."""
    query = select(RightTransfer).where(col(RightTransfer.right_id) == right_id)
    return (
        (await tx.session.execute(query.order_by(col(RightTransfer.effective_on), col(RightTransfer.id))))
        .scalars()
        .all()
    )


async def last_transfer_on(tx: Transaction, right_id: UUID) -> date | None:
    """Return the day of the newest transfer of a right."""
    query = select(func.max(col(RightTransfer.effective_on))).where(col(RightTransfer.right_id) == right_id)
    return (await tx.session.execute(query)).scalar_one()


async def grounds(tx: Transaction, right_id: UUID) -> Sequence[RightGround]:
    """Return the recorded grounds of high value of a right."""
    query = select(RightGround).where(col(RightGround.right_id) == right_id).order_by(col(RightGround.recorded_at))
    return (await tx.session.execute(query)).scalars().all()


async def added_evidence(tx: Transaction, right_id: UUID) -> Sequence[RightEvidence]:
    """Return the evidence that was added to a right after it was recorded."""
    query = (
        select(RightEvidence).where(col(RightEvidence.right_id) == right_id).order_by(col(RightEvidence.recorded_at))
    )
    return (await tx.session.execute(query)).scalars().all()


async def lock_ended(tx: Transaction, today: date, limit: int, after: UUID | None) -> Sequence[Right]:
    """Return rights in force past their last day and hold them, in order of their ids, from `after` on."""
    query = select(Right).where(col(Right.ends_on) < today, col(Right.legal_status).in_(IN_FORCE))
    if after is not None:
        query = query.where(col(Right.id) > after)
    query = query.order_by(col(Right.id)).limit(limit).with_for_update(skip_locked=True)
    return (await tx.session.execute(query)).scalars().all()


async def owned_by(tx: Transaction, uscc: str) -> Sequence[Right]:
    """Return all rights a firm owns a share of, for a reader whose access was checked before."""
    query = (
        select(Right).join(RightOwner, col(RightOwner.right_id) == col(Right.id)).where(col(RightOwner.uscc) == uscc)
    )
    return (await tx.session.execute(query.order_by(col(Right.kind), col(Right.right_no)))).scalars().all()


def _owned(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    owners = select(col(RightOwner.right_id)).join(
        Enterprise, col(Enterprise.uscc) == col(RightOwner.uscc), isouter=True
    )
    return exists(owners.where(col(RightOwner.right_id) == col(Right.id), condition))


def _blemished() -> ColumnElement[bool]:
    return exists(
        select(col(Blemish.right_id)).where(col(Blemish.right_id) == col(Right.id), col(Blemish.cleared_on).is_(None))
    )


def _named(text: str) -> ColumnElement[bool]:
    """Hold the rights whose title has these words, or whose number this is."""
    return or_(holds_key(col(Right.title_key), text), col(Right.right_no).in_(numbers_kept(text)))


ABOUT_RIGHT = {
    "owner_uscc": Asked(LooseUscc, lambda _, uscc: _owned(col(RightOwner.uscc) == uscc)),
    "unit_id": Asked(UnitId, lambda _, unit_id: _owned(col(Enterprise.unit_id) == unit_id)),
    "right_no": Asked(CodeText, lambda _, number: col(Right.right_no).in_(numbers_kept(number))),
}
"""By what any list whose rows join a right may be narrowed: an owner, an owner's reporting unit, the number."""
NAMED = {"q": _named}
"""By what somebody looks for a right in any list whose rows join one: words of its title, or its number."""
LIST = Selection(
    rows=lambda tx: visible(select(Right), tx.actor),
    sorts={
        **by_time(col(Right.created_at), col(Right.id)),
        Sort.DUE: due_first(col(Right.ends_on), col(Right.id)),
        Sort.NAME: ascending(col(Right.title), col(Right.id)),
        Sort.CODE: ascending(col(Right.right_no), col(Right.id)),
    },
    among={
        "kind": col(Right.kind),
        "legal_status": col(Right.legal_status),
        "evidence_level": col(Right.evidence_level),
    },
    states="legal_status",
    days={
        "filed": col(Right.filed_on),
        "granted": col(Right.granted_on),
        "ends": col(Right.ends_on),
        "status_since": col(Right.status_since_on),
        "created": col(Right.created_at),
    },
    found=NAMED,
    asked={
        **ABOUT_RIGHT,
        "blemished": Asked(bool, lambda _, wanted: _blemished() if wanted else ~_blemished()),
    },
)
"""What rights may be narrowed and sorted by."""
