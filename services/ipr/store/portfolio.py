"""Portfolios, and the rights of firms as a summary sees them."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.ipr.models.blemish import Blemish
from services.ipr.models.portfolio import Portfolio
from services.ipr.models.right import Right, RightGround, RightOwner
from services.ipr.rules.portfolio import HeldRight
from services.ipr.rules.right import HighValueGround
from shared.db.transaction import Transaction
from shared.policy.rule_set import RuleSet


async def lock(tx: Transaction, usccs: Collection[str], rules: RuleSet) -> dict[str, Portfolio]:
    """Return the portfolios of these firms and hold them, in order of their codes; one that is missing is made empty.

    The row is the firm's lock: two rights of one firm that change at once are summed one after the other.
    """
    if not usccs:
        return {}
    empty = {
        "as_of": tx.today,
        "kinds": [],
        "class_1_count": 0,
        "class_2_count": 0,
        "high_value_count": 0,
        "blemished_count": 0,
        "rule_set_version": rules.version,
        "rule_set_sha256": rules.sha256,
        "updated_at": tx.now,
    }
    rows = [{"uscc": uscc, **empty} for uscc in sorted(usccs)]
    await tx.session.execute(insert(Portfolio).on_conflict_do_nothing(index_elements=["uscc"]), rows)
    query = select(Portfolio).where(col(Portfolio.uscc).in_(usccs)).order_by(col(Portfolio.uscc)).with_for_update()
    found = await tx.session.execute(query.execution_options(populate_existing=True))
    return {row.uscc: row for row in found.scalars()}


async def find(tx: Transaction, uscc: str) -> Portfolio | None:
    """Return a firm's summary as it was last told."""
    return (await tx.session.execute(select(Portfolio).where(col(Portfolio.uscc) == uscc))).scalar_one_or_none()


async def held_rights(tx: Transaction, usccs: Collection[str]) -> dict[str, list[HeldRight]]:
    """Return the rights of each firm with its share, grounds and open blemishes, in two statements."""
    open_case = exists().where(col(Blemish.right_id) == col(Right.id), col(Blemish.cleared_on).is_(None))
    query = select(
        col(RightOwner.uscc),
        col(RightOwner.share_ppm),
        col(Right.id),
        col(Right.kind),
        col(Right.legal_status),
        col(Right.evidence_level),
        col(Right.filed_on),
        col(Right.granted_on),
        col(Right.ends_on),
        open_case.label("blemished"),
    ).join(Right, col(Right.id) == col(RightOwner.right_id))
    rows = (await tx.session.execute(query.where(col(RightOwner.uscc).in_(usccs)))).all()
    marks = select(col(RightGround.right_id), col(RightGround.ground)).where(
        col(RightGround.right_id).in_({row.id for row in rows})
    )
    grounds: dict[object, set[HighValueGround]] = {}
    for right_id, ground in await tx.session.execute(marks):
        grounds.setdefault(right_id, set()).add(ground)
    found: dict[str, list[HeldRight]] = {uscc: [] for uscc in usccs}
    for row in rows:
        found[row.uscc].append(
            HeldRight(
                kind=row.kind,
                status=row.legal_status,
                level=row.evidence_level,
                share_ppm=row.share_ppm,
                filed_on=row.filed_on,
                granted_on=row.granted_on,
                ends_on=row.ends_on,
                grounds=frozenset(grounds.get(row.id, ())),
                blemished=row.blemished,
            )
        )
    return found


async def due(tx: Transaction, today: date, rules: RuleSet, limit: int, after: str) -> Sequence[str]:
    """Return firms whose summary time or a new rule set may have changed, by code, from behind `after` on."""
    query = select(col(Portfolio.uscc)).where(
        or_(col(Portfolio.next_change_on) <= today, col(Portfolio.rule_set_sha256) != rules.sha256),
        col(Portfolio.uscc) > after,
    )
    return (await tx.session.execute(query.order_by(col(Portfolio.uscc)).limit(limit))).scalars().all()
