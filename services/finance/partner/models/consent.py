"""Consents of enterprises to banks."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.finance.base import Base
from services.finance.partner.rules.consent import ConsentChannel, ConsentPurpose, SignerCapacity
from shared.db.base import Instant, InstantOrNone, text_enum
from shared.kernel.personal import Personal, PersonalColumn


class Consent(Base, table=True):
    """What one enterprise allowed one bank to read; only its withdrawal changes it."""

    __tablename__ = "consent"
    __table_args__ = (
        CheckConstraint("expires_at > granted_at", name="period"),
        CheckConstraint("(revoked_at IS NULL) = (purge_by_on IS NULL)", name="revocation_whole"),
        Index("ix_consent_parties", "enterprise_uscc", "bank_uscc"),
        Index("ix_consent_granted_at", "granted_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    enterprise_uscc: str = Field(sa_type=String(18))
    bank_uscc: str = Field(sa_type=String(18), foreign_key="bank.uscc")
    purpose: ConsentPurpose = Field(sa_type=text_enum(ConsentPurpose))
    scopes: list[str] = Field(sa_type=JSONB)
    signer_name: Personal = Field(sa_type=PersonalColumn)
    signer_capacity: SignerCapacity = Field(sa_type=text_enum(SignerCapacity))
    mandate_sha256: str | None = Field(default=None, sa_type=String(64))
    channel: ConsentChannel = Field(sa_type=text_enum(ConsentChannel))
    signature: str | None = None
    text_version: str = Field(sa_type=String(40))
    text_sha256: str = Field(sa_type=String(64))
    granted_at: Instant
    granted_by: str
    expires_at: Instant
    revoked_at: InstantOrNone = None
    purge_by_on: date | None = None
