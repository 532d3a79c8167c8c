"""Waiting cases of the registry as rows of one kind, read from the tables of their nouns."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, Select, String, case, cast, literal, null, select, text, type_coerce, union_all
from sqlalchemy.orm import registry
from sqlmodel import col

from services.registry.enterprise.models.enterprise import Enterprise
from services.registry.enterprise.models.filing import Filing
from services.registry.ladder.models.register_application import OPEN, RegisterApplication
from services.registry.ladder.rules.register_application import RegisterStatus
from services.registry.ladder.rules.work_item import APPLICATION_WAITS_FOR
from shared.db.base import text_enum
from shared.kernel.actor import Role
from shared.kernel.work_item import WorkKind

_KIND, _TEXT = text_enum(WorkKind), String(40)


def _applications() -> Select[*tuple[Any, ...]]:
    status = col(RegisterApplication.status)
    waits_for = case(*((status == one, role.value) for one, role in APPLICATION_WAITS_FOR.items()))
    check_due_on = col(RegisterApplication.check_due_on)
    return (
        select(
            literal(WorkKind.REGISTER_APPLICATION, _KIND).label("kind"),
            col(RegisterApplication.id),
            col(RegisterApplication.case_no),
            col(RegisterApplication.uscc).label("enterprise_uscc"),
            col(Enterprise.name).label("enterprise_name"),
            # Of today: it is the unit that may act, also for a firm that moved meanwhile.
            col(Enterprise.unit_id),
            type_coerce(waits_for, _TEXT).label("waits_for"),
            type_coerce(status, _TEXT).label("status"),
            col(RegisterApplication.updated_at).label("since_at"),
            cast(case((status == RegisterStatus.SUBMITTED, check_due_on)), Date).label("due_on"),
            check_due_on,
            cast(null(), Integer).label("year"),
            col(Enterprise.founded_on),
        )
        .join(Enterprise, col(Enterprise.uscc) == col(RegisterApplication.uscc))
        .where(OPEN)
    )


def _filings() -> Select[*tuple[Any, ...]]:
    return (
        select(
            literal(WorkKind.ANNUAL_FILING, _KIND).label("kind"),
            col(Filing.id),
            # A filing has no number of its own; people call it by its year.
            cast(col(Filing.year), _TEXT).label("case_no"),
            col(Filing.uscc).label("enterprise_uscc"),
            col(Enterprise.name).label("enterprise_name"),
            col(Enterprise.unit_id),
            literal(Role.ENTERPRISE.value, _TEXT).label("waits_for"),
            type_coerce(col(Filing.status), _TEXT).label("status"),
            col(Filing.updated_at).label("since_at"),
            cast(null(), Date).label("due_on"),
            cast(null(), Date).label("check_due_on"),
            col(Filing.year),
            col(Enterprise.founded_on),
        )
        .join(Enterprise, col(Enterprise.uscc) == col(Filing.uscc))
        .where(text("filing.status = 'DRAFT'"))
    )


ITEMS = union_all(_applications(), _filings()).subquery("work_item")
"""Every waiting case; a condition on its columns reaches the tables below."""


class WorkItem:
    """One waiting case, read only; `waits_for` is the role whose turn it is."""

    kind: WorkKind
    id: UUID
    case_no: str
    enterprise_uscc: str
    enterprise_name: str
    unit_id: str
    waits_for: str
    status: str
    since_at: datetime
    due_on: date | None
    check_due_on: date | None
    year: int | None
    founded_on: date | None


registry().map_imperatively(WorkItem, ITEMS, primary_key=[ITEMS.c.id])
