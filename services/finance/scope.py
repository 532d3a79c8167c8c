"""Row scope: which rows a caller sees; a row of another tenant is as absent as one that never was."""

from collections.abc import Collection
from typing import Any, TypeVar

from sqlalchemy import Select, false
from sqlalchemy.orm import Mapped

from shared.kernel.actor import Actor, Role

SEES_ALL = frozenset({Role.CITY, Role.AUDITOR, Role.SYSTEM})
SEES_COVER = SEES_ALL | {Role.FUND_MANAGER}
Rows = TypeVar("Rows", bound=Select[*tuple[Any, ...]])


def visible(
    statement: Rows,
    actor: Actor,
    *,
    enterprise: Mapped[str] | None = None,
    bank: Mapped[str] | None = None,
    sees_all: Collection[Role] = SEES_ALL,
) -> Rows:
    """Keep what `actor` may see: its own rows by role, all rows for the roles named, nothing otherwise."""
    if actor.role in sees_all:
        return statement
    own = {Role.ENTERPRISE: enterprise, Role.BANK: bank}.get(actor.role)
    if own is None or actor.party is None:
        return statement.where(false())
    return statement.where(own == actor.party)


def own_bank(actor: Actor) -> str | None:
    """Return the bank whose rows `actor` may move, None (which equals no row's) for everybody who is no bank."""
    return actor.party if actor.role is Role.BANK else None
