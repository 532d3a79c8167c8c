"""The base of all tables of ipr: one registry, so that no other service's tables come along."""

from typing import TYPE_CHECKING

from shared.db.base import service_base

__all__ = ["Base", "metadata"]

if TYPE_CHECKING:
    from sqlmodel import SQLModel as Base
else:
    Base = service_base("ipr")

metadata = Base.metadata
