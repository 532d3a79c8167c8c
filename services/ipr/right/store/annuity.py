"""Patents in force, for the list of the annual fees that come due."""

from datetime import date, timedelta

from sqlalchemy import ColumnElement, Date, DateTime, Integer, Select, cast, func, select
from sqlmodel import col

from services.ipr.right.models.right import Right
from services.ipr.right.rules.annuity import anniversaries_due
from services.ipr.right.rules.right_kind import PATENT_KINDS
from services.ipr.right.rules.right_status import IN_FORCE
from services.ipr.right.store.right import ABOUT_RIGHT, NAMED, NAMED_BESIDE, visible
from shared.db.keyset import ascending
from shared.db.selection import Asked, Selection, by_time
from shared.db.transaction import Transaction
from shared.kernel.sort import Sort
from shared.kernel.types import Day
from shared.kernel.workday import PUBLISHED


def _visible_rows(tx: Transaction) -> Select[Right]:
    query = select(Right).where(
        col(Right.kind).in_(PATENT_KINDS),
        col(Right.legal_status).in_(IN_FORCE),
        col(Right.filed_on).is_not(None),
        col(Right.granted_on).is_not(None),
    )
    return visible(query, tx.actor)


def _due_until(tx: Transaction, until: date) -> ColumnElement[bool]:
    """Return the condition that the fee due next, today included, is due by a day."""
    # A condition of a list is made without asking the database, so it knows the notices of the product alone.
    first, last = anniversaries_due(tx.today, until, PUBLISHED)
    filed_on = cast(col(Right.filed_on), DateTime)
    whole_years = cast(func.date_part("year", func.age(cast(first - timedelta(days=1), DateTime), filed_on)), Integer)
    next_on: ColumnElement[date] = cast(filed_on + func.make_interval(whole_years + 1), Date)
    return next_on <= last


LIST = Selection(
    rows=_visible_rows,
    sorts={
        Sort.CODE: ascending(col(Right.right_no), col(Right.id)),
        Sort.NAME: ascending(col(Right.title), col(Right.id)),
        **by_time(col(Right.created_at), col(Right.id)),
    },
    among={"kind": col(Right.kind)},
    states="kind",
    days={"filed": col(Right.filed_on)},
    found=NAMED,
    asked={**ABOUT_RIGHT, "next_due_until_on": Asked(Day, _due_until)},
    beside={name: NAMED_BESIDE[name] for name in ("right_id", "right_kind", "owners")},
)
"""What patents with annual fees may be narrowed and sorted by."""
