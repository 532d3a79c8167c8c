"""The tables of passkeys: the public half of each, and the questions that were answered once."""

from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, LargeBinary, String
from sqlmodel import Field

from gateway.models.base import Base
from shared.db.base import Instant, InstantOrNone
from shared.db.keeping import rows_leave


class Passkey(Base, table=True):
    """A key that a device of a person holds; here stands what checks its signatures."""

    __tablename__ = "passkey"
    __table_args__ = (
        CheckConstraint("sign_count >= 0", name="sign_count"),
        Index("ix_passkey_account", "account_id", "created_at"),
        rows_leave(),
    )

    id: UUID = Field(primary_key=True)
    account_id: UUID = Field(foreign_key="account.id")
    name: str = Field(sa_type=String(60))
    credential_id: bytes = Field(sa_type=LargeBinary, unique=True)
    public_key: bytes = Field(sa_type=LargeBinary)
    sign_count: int = Field(default=0, sa_type=BigInteger)
    transports: list[str] = Field(sa_type=JSON)
    created_at: Instant
    used_at: InstantOrNone = None


class AnsweredChallenge(Base, table=True):
    """A question to a device that was answered; until it ends by itself it is answered no second time."""

    __tablename__ = "answered_challenge"
    __table_args__ = (Index("ix_answered_challenge_ends", "ends_at"), rows_leave())

    challenge_sha256: bytes = Field(sa_type=LargeBinary, primary_key=True)
    ends_at: Instant
