"""What the registry keeps beside what it is made from: units, size classes and what was told, counted anew."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import col

from services.registry.enterprise.models.enterprise import Enterprise
from services.registry.enterprise.rules.enterprise import SizeClass
from shared.db.transaction import Transaction
from shared.db.verification import Check, told_as_it_stands
from shared.events.registry import EnterpriseChanged, FilingAccepted

LEDGERS = (
    Check(
        "企业的上报单位与其归属记录一致",
        "the unit of each firm is that of its open stay",
        """
        SELECT uscc FROM enterprise AS held WHERE NOT EXISTS (
            SELECT FROM unit_stay AS stay
            WHERE (stay.uscc, stay.unit_id) = (held.uscc, held.unit_id) AND stay.until_on IS NULL)
        """,
    ),
    told_as_it_stands(
        EnterpriseChanged,
        zh="最近发布的企业信息与登记一致",
        en="what was told last of each firm is what stands",
        table="enterprise",
        key="kept.uscc",
        same={name: f"kept.{name}" for name in ("unit_id", "industry_code", "size_class", "status")},
    ),
    told_as_it_stands(
        FilingAccepted,
        zh="最近发布的年度数据与受理的一致",
        en="what was told last of each filing is what was accepted",
        table="filing",
        key="kept.uscc || '/' || kept.year",
        same={name: f"kept.{name}" for name in ("staff", "rd_staff", "revenue_fen", "rd_expense_fen")},
        where="kept.status = 'ACCEPTED'",
    ),
    Check(
        "称号的状态与最近发布的一致",
        "a firm was told a title of which it holds one in that state",
        """
        SELECT last.aggregate_id FROM (
            SELECT DISTINCT ON (aggregate_id) aggregate_id, data FROM outbox_event
            WHERE aggregate = 'qualification' ORDER BY aggregate_id, version DESC
        ) AS last
        WHERE last.data -> 'withdrawn' IS DISTINCT FROM 'true' AND NOT EXISTS (
            SELECT FROM qualification AS held WHERE held.uscc || '/' || held.kind = last.aggregate_id
            AND held.status = last.data ->> 'status' AND held.number = last.data ->> 'number')
        """,
    ),
)


class SizedRow(NamedTuple):
    """A firm's size class with what it rests on."""

    uscc: str
    industry_code: str | None
    size_class: SizeClass | None
    size_class_filing_year: int
    size_class_version: str


async def sized(tx: Transaction) -> Sequence[SizedRow]:
    """Return every firm whose size class was computed, by code."""
    columns = (col(getattr(Enterprise, name)) for name in SizedRow._fields)
    query = select(*columns).where(col(Enterprise.size_class_version).is_not(None)).order_by(col(Enterprise.uscc))
    return [SizedRow(*row) for row in await tx.session.execute(query)]
