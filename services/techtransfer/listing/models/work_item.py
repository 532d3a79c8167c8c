"""Waiting listings as rows of one kind, read from the tables of achievements and needs."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, DateTime, Select, String, case, cast, exists, literal, null, select, type_coerce, union_all
from sqlalchemy.orm import registry
from sqlmodel import col

from services.techtransfer.listing.models.achievement import Achievement
from services.techtransfer.listing.models.listing import WAITING, ListingColumns
from services.techtransfer.listing.models.need import Need
from services.techtransfer.listing.models.party import Party
from services.techtransfer.listing.rules.vocabulary import ListingStatus
from shared.db.base import text_enum
from shared.kernel.actor import Role
from shared.kernel.work_item import WorkKind

_KIND, _TEXT, _AT = text_enum(WorkKind), String(40), DateTime(timezone=True)


def _waiting(table: type[ListingColumns], kind: WorkKind) -> Select[*tuple[Any, ...]]:
    is_returned = col(table.status) == ListingStatus.RETURNED
    # What was returned waits for its poster: an enterprise is known to the registry, whoever else posts is an agency.
    is_firm = exists(select(col(Party.uscc)).where(col(Party.uscc) == col(table.poster_party)))
    poster = case((is_firm, Role.ENTERPRISE.value), else_=Role.AGENCY.value)
    return select(
        literal(kind, _KIND, literal_execute=True).label("kind"),
        col(table.id),
        col(table.case_no),
        col(table.party_uscc).label("enterprise_uscc"),
        col(table.party_name).label("enterprise_name"),
        col(table.unit_id),
        type_coerce(case((is_returned, poster), else_=Role.CITY.value), _TEXT).label("waits_for"),
        type_coerce(col(table.status), text_enum(ListingStatus)).label("status"),
        cast(case((is_returned, col(table.updated_at)), else_=col(table.submitted_at)), _AT).label("since_at"),
        case((is_returned, cast(null(), Date)), else_=col(table.review_due_on)).label("due_on"),
        col(table.posted_by),
        col(table.poster_party),
    ).where(WAITING)


ITEMS = union_all(_waiting(Achievement, WorkKind.ACHIEVEMENT), _waiting(Need, WorkKind.NEED)).subquery("work_item")
"""Every waiting listing; a condition on its columns reaches the tables below."""


class WorkItem:
    """One waiting listing, read only; `waits_for` is the role whose turn it is."""

    kind: WorkKind
    id: UUID
    case_no: str
    enterprise_uscc: str
    enterprise_name: str | None
    unit_id: str
    waits_for: str
    status: ListingStatus
    since_at: datetime
    due_on: date | None
    posted_by: str
    poster_party: str | None


registry().map_imperatively(WorkItem, ITEMS, primary_key=[ITEMS.c.id])
