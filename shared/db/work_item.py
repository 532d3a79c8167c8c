"""What lists of waiting cases are narrowed by, the same in every service."""

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

from sqlalchemy import ColumnElement, SQLColumnExpression, or_

from shared.db.selection import Asked
from shared.db.transaction import Transaction
from shared.kernel.work_item import DueStatus, last_day_soon


def due_filter(due_on: SQLColumnExpression[Any]) -> Asked:
    """Return the parameter that asks how near the day of a case is; its days are those of the rule that tells it."""
    day = cast("ColumnElement[date]", due_on)

    def holds(tx: Transaction, wanted: Sequence[DueStatus]) -> ColumnElement[bool]:
        soon = last_day_soon(tx.today)
        conditions = {
            DueStatus.OVERDUE: day < tx.today,
            DueStatus.SOON: day.between(tx.today, soon),
            DueStatus.LATER: day > soon,
            DueStatus.NONE: day.is_(None),
        }
        return or_(*(conditions[one] for one in wanted))

    return Asked(DueStatus, holds, several=True)
