"""Columns that achievements and needs share beside what their poster says."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text, text
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field

from services.techtransfer.listing.rules.listing import ListingTerms
from services.techtransfer.listing.rules.vocabulary import ListingStatus
from shared.db.base import Instant, InstantOrNone, JsonColumn, text_enum
from shared.kernel.key_field import KeyField
from shared.kernel.personal import Personal, PersonalColumn
from shared.kernel.types import LongTextOrNone

OPEN = text("status NOT IN ('WITHDRAWN', 'EXPIRED')")
"""Which listings hold their title; said in the very words of the index, so that it is found whatever is planned."""
WAITING = text("status IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED')")
"""Which listings wait for their reviewer or their poster; in the words of the index too."""
_PUBLISHED = text("status = 'PUBLISHED'")


class ListingColumns(ListingTerms):
    """The shared words with their column types, and the state of the machine.

    `version` counts every change and is the ETag; `title_key` is a digest of the title's key, `search_text`
    holds the keys of title and keywords.
    """

    id: UUID = Field(primary_key=True)
    case_no: str = Field(sa_type=String(40), unique=True)
    key_field: KeyField | None = Field(default=None, sa_type=text_enum(KeyField))
    keywords: JsonColumn
    cooperation_modes: JsonColumn
    confidential_fields: JsonColumn
    contact_name: Personal | None = Field(default=None, sa_type=PersonalColumn)
    contact_phone: Personal | None = Field(default=None, sa_type=PersonalColumn)
    authority_sha256: str | None = Field(default=None, sa_type=String(64))
    status: ListingStatus = Field(sa_type=text_enum(ListingStatus))
    title_key: str = Field(sa_type=String(64))
    search_text: str = Field(sa_type=Text)
    posted_by: str = Field(sa_type=String(120))
    poster_party: str | None = Field(default=None, sa_type=String(18))
    reviewer: str | None = Field(default=None, sa_type=String(120))
    review_note: LongTextOrNone = None
    review_due_on: date | None = None
    submitted_at: InstantOrNone = None
    published_at: InstantOrNone = None
    ended_at: InstantOrNone = None
    version: int = Field(sa_type=BigInteger)
    created_at: Instant
    updated_at: Instant


def listing_items(table: str) -> tuple[SchemaItem, ...]:
    """Return the constraints and indexes that a table of listings has; one open listing per party and title."""
    return (
        CheckConstraint("status <> 'PUBLISHED' OR published_at IS NOT NULL", name="published_dated"),
        CheckConstraint("status <> 'RETURNED' OR review_note IS NOT NULL", name="return_explained"),
        CheckConstraint("status NOT IN ('WITHDRAWN', 'EXPIRED') OR ended_at IS NOT NULL", name="end_dated"),
        Index(f"uq_{table}_open_title", "title_key", "party_uscc", unique=True, postgresql_where=OPEN),
        Index(f"ix_{table}_created_at", "created_at", "id"),
        Index(f"ix_{table}_party", "party_uscc", "created_at", "id"),
        Index(f"ix_{table}_unit", "unit_id", "created_at", "id"),
        Index(f"ix_{table}_waiting", "review_due_on", "id", postgresql_where=WAITING),
        Index(f"ix_{table}_ending", "valid_until_on", postgresql_where=_PUBLISHED),
    )
