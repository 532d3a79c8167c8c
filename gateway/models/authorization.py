"""The tables of what people let frontends do: codes exchanged once, and refresh tokens that follow each other."""

from uuid import UUID

from sqlalchemy import JSON, Index, LargeBinary, String
from sqlmodel import Field

from gateway.models.base import Base
from shared.db.base import Instant, InstantOrNone
from shared.db.keeping import rows_leave


class AuthorizationGrant(Base, table=True):
    """A person of a session goes on to a frontend; the browser carries the code, this row its hash."""

    __tablename__ = "authorization_grant"
    __table_args__ = (Index("ix_authorization_grant_created", "created_at"), rows_leave())

    id: UUID = Field(primary_key=True)
    account_id: UUID = Field(foreign_key="account.id")
    session_id: UUID = Field(foreign_key="account_session.id")
    client_id: str = Field(sa_type=String(64))
    redirect_uri: str = Field(sa_type=String(500))
    scopes: list[str] = Field(sa_type=JSON)
    challenge: str = Field(sa_type=String(43))
    code_sha256: bytes = Field(sa_type=LargeBinary, unique=True)
    code_ends_at: Instant
    code_used_at: InstantOrNone = None
    revoked_at: InstantOrNone = None
    created_at: Instant


class RefreshToken(Base, table=True):
    """A token of a frontend that is exchanged for the next one; exchanged twice it ends them all."""

    __tablename__ = "refresh_token"
    __table_args__ = (Index("ix_refresh_token_grant", "grant_id"), rows_leave())

    token_sha256: bytes = Field(sa_type=LargeBinary, primary_key=True)
    grant_id: UUID = Field(foreign_key="authorization_grant.id")
    made_at: Instant
    used_at: InstantOrNone = None
