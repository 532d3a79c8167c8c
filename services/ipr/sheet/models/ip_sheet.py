"""What opens a sheet to a bank: applications and consents, finance's facts, never corrected here."""

from uuid import UUID

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.ipr.base import Base
from shared.db.base import Instant, InstantOrNone


class SheetApplication(Base, table=True):
    """A loan application; `version` is that of the newest event applied, whichever of its kinds came first."""

    __tablename__ = "sheet_application"
    __table_args__ = (Index("ix_sheet_application_bank", "bank_uscc"),)

    application_id: UUID = Field(primary_key=True)
    case_no: str = Field(sa_type=String(40))
    enterprise_uscc: str = Field(sa_type=String(18))
    bank_uscc: str = Field(sa_type=String(18))
    application_status: str = Field(sa_type=String(32))
    version: int = Field(sa_type=BigInteger)
    source_time: Instant


class SheetConsent(Base, table=True):
    """A consent of an enterprise to a bank; a withdrawal that arrives first stays."""

    __tablename__ = "sheet_consent"
    __table_args__ = (Index("ix_sheet_consent_parties", "enterprise_uscc", "bank_uscc"),)

    consent_id: UUID = Field(primary_key=True)
    enterprise_uscc: str = Field(sa_type=String(18))
    bank_uscc: str = Field(sa_type=String(18))
    purpose: str | None = Field(default=None, sa_type=String(40))
    scopes: list[str] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    granted_at: InstantOrNone = None
    expires_at: InstantOrNone = None
    revoked_at: InstantOrNone = None
    source_time: Instant
