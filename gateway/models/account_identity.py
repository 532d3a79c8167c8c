"""The table of identities that other issuers vouch for."""

from uuid import UUID

from sqlalchemy import Index, String, UniqueConstraint
from sqlmodel import Field

from gateway.models.base import Base
from shared.db.base import Instant
from shared.db.keeping import rows_leave


class AccountIdentity(Base, table=True):
    """A subject of another issuer that an administrator bound to an account."""

    __tablename__ = "account_identity"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        Index("ix_account_identity_account", "account_id"),
        rows_leave(),
    )

    id: UUID = Field(primary_key=True)
    account_id: UUID = Field(foreign_key="account.id")
    issuer: str = Field(sa_type=String(200))
    subject: str = Field(sa_type=String(200))
    bound_at: Instant
