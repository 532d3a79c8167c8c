"""Acts that cases offer, held against the whole rule: who may call, and whether the rule would take it."""

from collections.abc import Callable, Mapping

from shared.kernel.action import Bodies
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import Refusal
from shared.kernel.role_scope import scopes_of

ROLES = [role for role in Role if role is not Role.SYSTEM]
ELSE = "somebody else"


def accepts(rule: Callable[..., object], case: object) -> bool:
    """Return whether the whole rule takes an act in this state."""
    try:
        rule(case)
    except Refusal:
        return False
    return True


def callers(role: Role, bodies: Bodies) -> list[tuple[Actor, bool]]:
    """Return callers of a role with its scopes, and whether the case is their body's: the own one and a foreign one."""
    scopes = frozenset(scopes_of(role.value))
    own = bodies.get(role)
    found = [(_actor(role, scopes, own), role in bodies)]
    return [*found, (_actor(role, scopes, ELSE), False)] if own is not None else found


def allowed(
    who: Actor, case: object, rules: Mapping[str, tuple[Role, Callable[..., object]]], *, is_own: bool
) -> set[str]:
    """Return the acts that the whole rules take from a caller: of his role, on a case of his body."""
    return {name for name, (role, rule) in rules.items() if is_own and role is who.role and accepts(rule, case)}


def _actor(role: Role, scopes: frozenset[str], body: str | None) -> Actor:
    if role is Role.DISTRICT:
        return Actor("caller", role, scopes, None, body)
    return Actor("caller", role, scopes, body)
