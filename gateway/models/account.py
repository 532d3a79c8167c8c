"""The tables of people's accounts and of their sessions."""

from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, LargeBinary, String
from sqlmodel import Field

from gateway.models.base import Base
from gateway.rules.account import SessionEnd
from gateway.rules.client import AccountStatus
from shared.db.base import Instant, InstantOrNone, text_enum
from shared.kernel.actor import Role
from shared.kernel.personal import Personal, PersonalColumn


class Account(Base, table=True):
    """A person who may sign in; the password is held as a hash, the secret of codes sealed."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("failed_tries >= 0", name="tries"),
        CheckConstraint("passkeys >= 0", name="passkeys"),
    )

    id: UUID = Field(primary_key=True)
    login: str = Field(sa_type=String(64), unique=True)
    name: Personal = Field(sa_type=PersonalColumn)
    role: Role = Field(sa_type=text_enum(Role))
    party: str | None = Field(default=None, max_length=18)
    unit_id: str | None = Field(default=None, max_length=12)
    scopes: list[str] = Field(sa_type=JSON)
    status: AccountStatus = Field(sa_type=text_enum(AccountStatus))
    password_hash: str = Field(max_length=300)
    must_change: bool = False
    failed_tries: int = 0
    locked_until_at: InstantOrNone = None
    code_secret: Personal | None = Field(default=None, sa_type=PersonalColumn)
    code_confirmed: bool = False
    code_step: int = 0
    passkeys: int = 0
    demo: bool = False
    version: int = 1
    created_at: Instant
    changed_at: Instant

    @property
    def has_second_factor(self) -> bool:
        """Whether a password alone opens nothing."""
        return self.code_confirmed or self.passkeys > 0


class AccountSession(Base, table=True):
    """A sign-in of a person with one browser; the browser holds the token, this row its hash."""

    __tablename__ = "account_session"
    __table_args__ = (Index("ix_account_session_account", "account_id", "began_at"),)

    id: UUID = Field(primary_key=True)
    account_id: UUID = Field(foreign_key="account.id")
    token_sha256: bytes = Field(sa_type=LargeBinary, unique=True)
    waits_for_code: bool = False
    browser: str = Field(sa_type=String(200))
    began_at: Instant
    seen_at: Instant
    ended_at: InstantOrNone = None
    ended_by: SessionEnd | None = Field(default=None, sa_type=text_enum(SessionEnd))
