"""Waiting cases of lending as rows of one kind, read from the tables of their nouns."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Select,
    String,
    case,
    cast,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import registry
from sqlmodel import col

from services.finance.evaluation.models.enterprise import Enterprise
from services.finance.lending.models.cover import Cover
from services.finance.lending.models.drawdown import Drawdown
from services.finance.lending.models.loan import Loan
from services.finance.lending.models.loan_application import LoanApplication
from services.finance.lending.rules.loan_application import ApplicationStatus
from services.finance.lending.rules.work_item import ANSWER_RUNS, APPLICATION_WAITS_FOR, COVER_WAITS_FOR
from shared.db.base import text_enum
from shared.kernel.actor import Role
from shared.kernel.work_item import WorkKind

_KIND, _TEXT, _AT = text_enum(WorkKind), String(40), DateTime(timezone=True)


def _applications() -> Select[*tuple[Any, ...]]:
    status = col(LoanApplication.status)
    waits_for = case(*((status == one, role.value) for one, role in APPLICATION_WAITS_FOR.items()))
    due_on = case(
        (status.in_(ANSWER_RUNS), col(LoanApplication.answer_due_on)),
        (status == ApplicationStatus.APPROVED, col(LoanApplication.valid_until_on)),
    )
    return (
        select(
            literal(WorkKind.LOAN_APPLICATION, _KIND).label("kind"),
            col(LoanApplication.id),
            col(LoanApplication.case_no),
            col(LoanApplication.enterprise_uscc),
            col(LoanApplication.bank_uscc),
            col(Enterprise.unit_id).label("unit_id"),
            type_coerce(waits_for, _TEXT).label("waits_for"),
            type_coerce(status, _TEXT).label("status"),
            cast(
                case(
                    (status.in_(ANSWER_RUNS), col(LoanApplication.submitted_at)), else_=col(LoanApplication.answered_at)
                ),
                _AT,
            ).label("since_at"),
            cast(due_on, Date).label("due_on"),
            type_coerce(col(LoanApplication.flag), _TEXT).label("flag"),
            col(LoanApplication.flag_acknowledged_at),
            col(LoanApplication.answer_due_on),
            col(LoanApplication.valid_until_on),
            cast(null(), BigInteger).label("outstanding_fen"),
        )
        .outerjoin(Enterprise, col(Enterprise.uscc) == col(LoanApplication.enterprise_uscc))
        .where(status.in_(APPLICATION_WAITS_FOR))
    )


def _covers() -> Select[*tuple[Any, ...]]:
    status = col(Cover.status)
    return (
        select(
            literal(WorkKind.COVER, _KIND).label("kind"),
            col(Cover.id),
            col(Loan.case_no),
            col(Cover.enterprise_uscc),
            col(Cover.bank_uscc),
            col(Cover.unit_id),
            literal(Role.FUND_MANAGER.value, _TEXT).label("waits_for"),
            type_coerce(status, _TEXT).label("status"),
            col(Cover.created_at).label("since_at"),
            cast(null(), Date).label("due_on"),
            cast(null(), _TEXT).label("flag"),
            cast(null(), _AT).label("flag_acknowledged_at"),
            cast(null(), Date).label("answer_due_on"),
            cast(null(), Date).label("valid_until_on"),
            col(Drawdown.outstanding_fen),
        )
        .join(Loan, col(Loan.id) == col(Cover.loan_id))
        .join(Drawdown, col(Drawdown.id) == col(Cover.drawdown_id))
        .where(status.in_(COVER_WAITS_FOR))
    )


ITEMS = union_all(_applications(), _covers()).subquery("work_item")
"""Every waiting case; a condition on its columns reaches the tables below."""


class WorkItem:
    """One waiting case, read only; `waits_for` is the role whose turn it is."""

    kind: WorkKind
    id: UUID
    case_no: str
    enterprise_uscc: str
    bank_uscc: str
    unit_id: str | None
    waits_for: str
    status: str
    since_at: datetime
    due_on: date | None
    flag: str | None
    flag_acknowledged_at: datetime | None
    answer_due_on: date | None
    valid_until_on: date | None
    outstanding_fen: int | None


registry().map_imperatively(WorkItem, ITEMS, primary_key=[ITEMS.c.id])
