"""The table of OAuth clients."""

from sqlalchemy import JSON
from sqlmodel import Field

from gateway.models.base import Base
from gateway.rules.client import ClientStatus
from shared.db.base import Instant, text_enum
from shared.kernel.actor import Role


class Client(Base, table=True):
    """A body that may call; its secret is held as a hash alone."""

    __tablename__ = "client"

    client_id: str = Field(primary_key=True, max_length=64)
    secret_hash: str = Field(max_length=200)
    role: Role = Field(sa_type=text_enum(Role))
    party: str | None = Field(default=None, max_length=18)
    unit_id: str | None = Field(default=None, max_length=12)
    scopes: list[str] = Field(sa_type=JSON)
    title_zh: str = Field(max_length=200)
    title_en: str = Field(max_length=200)
    status: ClientStatus = Field(sa_type=text_enum(ClientStatus))
    demo: bool = False
    version: int = 1
    created_at: Instant
    changed_at: Instant
