"""What the reader of a case may do now; the check that refuses an act is the one that offers it.

An act is judged by the state of its case, the reader's role and scope, and whose the case is. What depends on the words
that come with it, or on rows of others that are held only then (a line, a consent), is judged when it is done.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from shared.kernel.actor import Actor, Role
from shared.kernel.errors import Refusal
from shared.kernel.shape import Read

Case = TypeVar("Case")
Bodies = Mapping[Role, str | None]
"""Role → the body of that role whose the case is: a unit of a district, else a code; None for any body of the role."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act(Generic[Case]):
    """One act on cases of one kind.

    Attributes:
        name: last word of its operation, or what the act decides where one operation has two ends.
        label_zh: of its button, in Chinese.
        label_en: of its button, in English.
        operation: method and path of the API, such as `POST /v1/covers/{cover_id}:decide`.
        scope: that the operation demands.
        roles: that the use case admits.
        check: what the use case asks of the state; raises the refusal that it would.
        needs_reason: whether a coded reason or a note to the other side is demanded.
        reasons: method and path of the list of coded reasons; None where there is none.
        due_on: day by which it should be done; None where no clock runs.
    """

    name: str
    label_zh: str
    label_en: str
    operation: str
    scope: str
    roles: frozenset[Role]
    check: Callable[[Case], object]
    needs_reason: bool = False
    reasons: str | None = None
    due_on: Callable[[Case], date | None] = lambda _: None


class ActionRead(Read):
    """Something that the reader may do with this case now; `due_on` is the day by which it should be done."""

    name: str
    label_zh: str
    label_en: str
    operation: str
    needs_reason: bool
    reasons: str | None
    due_on: date | None


def acts_for(actor: Actor, bodies: Bodies) -> bool:
    """Return whether an actor acts for a body whose the case is.

    Source: K-ACT-01 (docs/rules/kernel.md).
    """
    if actor.role not in bodies:
        return False
    body = bodies[actor.role]
    return body is None or body == (actor.unit_id if actor.role is Role.DISTRICT else actor.party)


def actions(acts: Sequence[Act[Case]], case: Case, actor: Actor, bodies: Bodies) -> list[ActionRead]:
    """Return what an actor may do with a case now, in the order of its acts.

    Source: K-ACT-01 (docs/rules/kernel.md).
    """
    if not acts_for(actor, bodies):
        return []
    own = (one for one in acts if actor.role in one.roles and one.scope in actor.scopes)
    return [ActionRead.of(one, due_on=one.due_on(case)) for one in own if _holds(one.check, case)]


def _holds(check: Callable[[Case], object], case: Case) -> bool:
    try:
        check(case)
    except Refusal:
        return False
    return True
