"""The table of signing keys; the private part is encrypted at rest."""

from sqlalchemy import CheckConstraint, LargeBinary
from sqlmodel import Field

from gateway.models.base import Base
from shared.db.base import Instant


class SigningKey(Base, table=True):
    """One ES256 key and the period in which it signs."""

    __tablename__ = "signing_key"
    __table_args__ = (CheckConstraint("signs_from_at < signs_until_at", name="period"),)

    kid: str = Field(primary_key=True, max_length=64)
    sealed_private_key: bytes = Field(sa_type=LargeBinary)
    created_at: Instant
    signs_from_at: Instant
    signs_until_at: Instant
