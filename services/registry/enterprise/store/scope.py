"""Which enterprises an actor may see: an enterprise itself, a district its unit, the city and the auditor all."""

from sqlalchemy import ColumnElement, false, true
from sqlmodel import col

from services.registry.enterprise.models.enterprise import Enterprise
from shared.kernel.actor import Actor, Role

_SEES_ALL = frozenset({Role.CITY, Role.AUDITOR, Role.SYSTEM})


def visible(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `Enterprise` under which `actor` sees a row; everything else is 404 to it."""
    if actor.role in _SEES_ALL:
        return true()
    if actor.role is Role.DISTRICT and actor.unit_id is not None:
        return col(Enterprise.unit_id) == actor.unit_id
    if actor.role is Role.ENTERPRISE and actor.party is not None:
        return col(Enterprise.uscc) == actor.party
    return false()
