"""What ipr keeps beside what it is made from: shares, sums and statuses, as they are counted anew."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from services.ipr.right.models.portfolio import Portfolio
from services.ipr.right.models.right import Right
from services.ipr.right.rules.right_status import LegalStatus
from shared.db.transaction import Transaction
from shared.db.verification import Check, told_as_it_stands
from shared.events.ipr import PortfolioChanged, RightChanged

LEDGERS = (
    Check(
        "权利人份额之和为百分之百",
        "the shares of a right add up to the whole",
        """
        SELECT right_no FROM ip_right AS held LEFT JOIN (
            SELECT right_id, sum(share_ppm) AS ppm FROM ip_right_owner GROUP BY 1
        ) AS owned ON owned.right_id = held.id WHERE coalesce(owned.ppm, 0) <> 1000000
        """,
    ),
    told_as_it_stands(
        RightChanged,
        zh="最近发布的权利状态与登记一致",
        en="what was told last of each right is what stands",
        table="ip_right",
        key="CAST(kept.id AS text)",
        same={"right_no": "kept.right_no", "legal_status": "kept.legal_status", "ends_on": "kept.ends_on"},
    ),
    told_as_it_stands(
        PortfolioChanged,
        zh="最近发布的汇总与保存的一致",
        en="what was told last of each sum is what is kept",
        table="ip_portfolio",
        key="kept.uscc",
        same={
            "class_1_count": "kept.class_1_count",
            "class_2_count": "kept.class_2_count",
            "high_value_count": "kept.high_value_count",
            "blemished_count": "kept.blemished_count",
        },
        where="told_at IS NOT NULL AND stale_since IS NULL",
    ),
)


class StatusRow(NamedTuple):
    """A right's status, and since when it holds."""

    id: UUID
    right_no: str
    legal_status: LegalStatus
    status_since_on: date


async def summed(tx: Transaction) -> Sequence[Portfolio]:
    """Return every sum that no list has made stale, by code."""
    query = select(Portfolio).where(col(Portfolio.stale_since).is_(None)).order_by(col(Portfolio.uscc))
    return (await tx.session.execute(query)).scalars().all()


async def statuses(tx: Transaction) -> list[StatusRow]:
    """Return the status of every right, by id."""
    columns = (col(getattr(Right, name)) for name in StatusRow._fields)
    return [StatusRow(*row) for row in await tx.session.execute(select(*columns).order_by(col(Right.id)))]
