"""The base of a service's tables: its own registry, its naming convention and the infrastructure tables."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import CheckConstraint, DateTime, Enum, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.db.tables import attach_infrastructure

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Instant = Annotated[datetime, Field(sa_type=DateTime(timezone=True))]
"""An instant in UTC; the column is `timestamptz`."""
InstantOrNone = Annotated[datetime | None, Field(sa_type=DateTime(timezone=True))]
"""An instant in UTC, or not yet."""
JsonColumn = Annotated[Any, Field(sa_type=JSONB)]
"""A JSON value; the column is `jsonb`."""

_bases: dict[str, type[SQLModel]] = {}


def service_base(name: str) -> type[SQLModel]:
    """Return the abstract base of the tables of service `name`; the same base on every call.

    Each service has its own registry and metadata, so its migrations never see another's tables. The metadata also
    holds the infrastructure tables (outbox, inbox, idempotency keys, audit, …).
    """
    if name not in _bases:
        metadata = MetaData(naming_convention=NAMING)
        attach_infrastructure(metadata)
        own = registry(metadata=metadata)

        class Base(SQLModel, registry=own):
            """Abstract: SQLModel makes any class that is given a registry abstract."""

        Base.__name__ = Base.__qualname__ = f"{name.capitalize()}Base"
        _bases[name] = Base
    return _bases[name]


def text_enum(kind: type[StrEnum]) -> Enum:
    """Return a column type that stores the values of `kind` as text, guarded by a CHECK.

    A native PostgreSQL enum would store the members' names and need `ALTER TYPE` for each new state.
    """
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda members: [member.value for member in members],
        name=_snake(kind.__name__),
    )


def not_negative(*columns: str) -> Iterable[CheckConstraint]:
    """Return one CHECK `column >= 0` per name, for `__table_args__`."""
    return tuple(CheckConstraint(f"{column} >= 0", name=f"{column}_not_negative") for column in columns)


def _snake(name: str) -> str:
    return "".join(f"_{mark.lower()}" if mark.isupper() else mark for mark in name).lstrip("_")
