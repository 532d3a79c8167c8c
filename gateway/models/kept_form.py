"""The table of forms that were sent after their session had ended."""

from uuid import UUID

from sqlalchemy import Index, String
from sqlmodel import Field

from gateway.models.base import Base
from shared.db.base import Instant
from shared.db.keeping import rows_leave
from shared.kernel.personal import Personal, PersonalColumn


class KeptForm(Base, table=True):
    """What a person had typed when their session ended, sealed; it stands in the form again after the next sign-in."""

    __tablename__ = "kept_form"
    __table_args__ = (Index("ix_kept_form_until", "kept_until_at"), rows_leave())

    id: UUID = Field(primary_key=True)
    account_id: UUID = Field(foreign_key="account.id")
    path: str = Field(sa_type=String(500))
    typed: Personal = Field(sa_type=PersonalColumn)
    kept_until_at: Instant
