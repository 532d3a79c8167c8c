"""By which rule sets something was decided: noted where one is picked, kept where the act is recorded.

A use case need not remember to name them, and one that picks another rule set next year names that one too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from shared.policy.rule_set import RuleSet

_SHOWN = 16
_NOTED: ContextVar[dict[str, None] | None] = ContextVar("rule_sets_noted", default=None)


@contextmanager
def noting() -> Iterator[None]:
    """Note what is picked until the block ends; one block within another notes for itself."""
    before = _NOTED.get()
    _NOTED.set({})
    try:
        yield
    finally:
        _NOTED.set(before)  # by value: the block of a generator may end in another context than it began in


def note(rule_set: RuleSet) -> None:
    """Note that a rule set was picked."""
    noted = _NOTED.get()
    if noted is not None:
        noted[named(rule_set)] = None


def noted() -> list[str]:
    """Return the names of the rule sets that were picked in this block so far, in order of the first time."""
    return list(_NOTED.get() or ())


def named(rule_set: RuleSet) -> str:
    """Return policy, version and the beginning of the hash: `loan_terms 2022.3 1a2b3c4d5e6f7081`."""
    return f"{rule_set.policy} {rule_set.version} {rule_set.sha256[:_SHOWN]}"
