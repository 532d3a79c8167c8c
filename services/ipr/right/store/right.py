"""Rights with what hangs on them: an enterprise sees those it owns a share of, a district those of its firms."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Integer,
    Row,
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
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col

from services.ipr.base import metadata
from services.ipr.right.models.blemish import Blemish
from services.ipr.right.models.enterprise import Enterprise
from services.ipr.right.models.right import Right, RightEvidence, RightGround, RightMove, RightOwner, RightTransfer
from services.ipr.right.rules.portfolio import HeldRight
from services.ipr.right.rules.right import HighValueGround, RightTerms, RightView
from services.ipr.right.rules.right_kind import RightKind, numbers_kept
from services.ipr.right.rules.right_owner import OwnerPart
from services.ipr.right.rules.right_status import IN_FORCE, LegalStatus, RecordedMove
from shared.db.document import held_beside
from shared.db.keyset import ascending
from shared.db.selection import Asked, Selection, by_time, due_first, holds_key
from shared.db.transaction import Transaction
from shared.kernel.actor import Actor, Role
from shared.kernel.evidence import EvidenceLevel
from shared.kernel.sort import Sort
from shared.kernel.types import CodeText, LooseUscc, UnitId

SEES_ALL = frozenset({Role.CITY, Role.IP_CENTRE, Role.AUDITOR, Role.SYSTEM})
Rows = TypeVar("Rows", bound=Select[Any])
RightRow = Row[*tuple[Any, ...]]
"""The columns of a right, and what stands beside them."""


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


def terms_of(right: Right | RightRow) -> RightTerms:
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


OWNERS = literal_column(
    """coalesce((
    SELECT jsonb_agg(
        jsonb_build_array(held.uscc, held.share_ppm, enterprise.name) ORDER BY held.share_ppm DESC, held.uscc)
    FROM ip_right_owner AS held LEFT JOIN enterprise ON enterprise.uscc = held.uscc
    WHERE held.right_id = ip_right.id), '[]')""",
    JSONB,
)
"""The owners of a right, largest share first: code, share and the name that the registry told."""
STANDING = {
    "grounds": literal_column(
        "coalesce((SELECT jsonb_agg(ground) FROM ip_right_ground AS held WHERE held.right_id = ip_right.id), '[]')",
        JSONB,
    ),
    "blemished": literal_column(
        "EXISTS (SELECT FROM ip_blemish AS held WHERE held.right_id = ip_right.id AND held.cleared_on IS NULL)", Boolean
    ),
}
"""What hangs on a right and counts in summaries."""
BESIDE = {"owners": OWNERS, **STANDING, "documents": held_beside("ip_right", ("evidence",))}
"""What a page tells of a right beside its own columns."""
_COLUMNS: tuple[ColumnElement[Any], ...] = tuple(Right.__table__.c)  # type: ignore[attr-defined]  # SQLModel does not declare it
_OPEN_CASES = literal_column(
    """coalesce((
    SELECT jsonb_agg(jsonb_build_array(held.kind, held.opened_on) ORDER BY held.opened_on, held.id)
    FROM ip_blemish AS held WHERE held.right_id = ip_right.id AND held.cleared_on IS NULL), '[]')""",
    JSONB,
)
_BESIDE_ONE = {**BESIDE, "open_cases": _OPEN_CASES}
_PAGE = select(*_COLUMNS, *(value.label(name) for name, value in _BESIDE_ONE.items()))


async def find_page(tx: Transaction, right_id: UUID) -> RightRow | None:
    """Return a right that the caller may see: columns, what `BESIDE` names, kind and day of its `open_cases`."""
    query = visible(_PAGE.where(col(Right.id) == right_id), tx.actor)
    return (await tx.session.execute(query)).one_or_none()


async def page_of(tx: Transaction, right_id: UUID) -> RightRow:
    """Return the same of a right that the caller has just changed, though it may be another's by now."""
    return (await tx.session.execute(_PAGE.where(col(Right.id) == right_id))).one()


async def pages_of(tx: Transaction, right_ids: Collection[UUID]) -> Sequence[RightRow]:
    """Return the same of the rights that rows of ours point to, for a list whose row scope was asked before."""
    return (await tx.session.execute(_PAGE.where(col(Right.id).in_(right_ids)))).all()


def held_right(row: Any, *, share_ppm: int) -> HeldRight:  # noqa: ANN401  # a row with what `STANDING` names
    """Return a right as a summary sees it."""
    return HeldRight(
        kind=RightKind(row.kind),
        status=LegalStatus(row.legal_status),
        level=EvidenceLevel(row.evidence_level),
        share_ppm=share_ppm,
        filed_on=row.filed_on,
        granted_on=row.granted_on,
        ends_on=row.ends_on,
        grounds=frozenset(HighValueGround(ground) for ground in row.grounds),
        blemished=row.blemished,
    )


async def owned_by(tx: Transaction, uscc: str) -> Sequence[RightRow]:
    """Return all rights a firm owns a share of, for a reader whose access was checked before.

    Their columns, what `STANDING` names, the firm's `share_ppm`, and how many `co_owners` it has.
    """
    query = _OWNED.where(col(RightOwner.uscc) == uscc)
    return (await tx.session.execute(query.order_by(col(Right.kind), col(Right.right_no)))).all()


_OWNED = select(
    *_COLUMNS,
    *(value.label(name) for name, value in STANDING.items()),
    col(RightOwner.share_ppm),
    literal_column(
        "(SELECT count(*) FROM ip_right_owner AS held WHERE held.right_id = ip_right.id) - 1", Integer
    ).label("co_owners"),
).join(RightOwner, col(RightOwner.right_id) == col(Right.id))


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


NAMED_BESIDE = {
    "right_id": col(Right.id),
    "right_kind": col(Right.kind),
    "right_no": col(Right.right_no),
    "title": col(Right.title),
    "owners": OWNERS,
}
"""What names a right beside the row of another list that joins it."""
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
    beside=BESIDE,
)
"""What rights may be narrowed and sorted by."""
