"""The table of OAuth clients."""

from sqlalchemy import JSON, String
from sqlmodel import Field

from gateway.models.base import Base
from gateway.rules.client import AccountStatus
from shared.db.base import Instant, text_enum
from shared.kernel.actor import Role


class Client(Base, table=True):
    """A body that may call; its secret is held as a hash alone."""

    __tablename__ = "client"

    client_id: str = Field(primary_key=True, sa_type=String(64))
    secret_hash: str = Field(max_length=200)
    role: Role = Field(sa_type=text_enum(Role))
    party: str | None = Field(default=None, max_length=18)
    unit_id: str | None = Field(default=None, max_length=12)
    scopes: list[str] = Field(sa_type=JSON)
    title_zh: str = Field(max_length=200)
    title_en: str = Field(max_length=200)
    status: AccountStatus = Field(sa_type=text_enum(AccountStatus))
    demo: bool = False
    version: int = 1
    created_at: Instant
    changed_at: Instant
