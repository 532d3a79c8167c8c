"""What each role may do unless its client is told otherwise: scopes as data, for the demo and for onboarding alike."""

import json
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("role_scope.json")


@cache
def _by_role() -> dict[str, tuple[str, ...]]:
    """Read the file; the standard library alone, so that `make token` stays quick."""
    read: dict[str, list[str]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return {role: tuple(scopes) for role, scopes in read.items()}


def scopes_of(role: str) -> tuple[str, ...]:
    """Return the scopes that a client of `role` gets when nothing else is said.

    Args:
        role: value of a `Role`; the role of the services themselves has none.

    Raises:
        KeyError: no client can have that role.

    Source: K-ROLE-01 (docs/rules/kernel.md).
    """
    return _by_role()[role]


def known_scopes() -> frozenset[str]:
    """Return every scope that some role holds."""
    return frozenset(scope for scopes in _by_role().values() for scope in scopes)
