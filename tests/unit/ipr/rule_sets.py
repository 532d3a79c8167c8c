"""The rule sets of ipr as they are shipped."""

from functools import cache
from pathlib import Path

from shared.policy.book import RuleBook

POLICIES = Path(__file__).resolve().parents[3] / "services" / "ipr" / "policies"


@cache
def book() -> RuleBook:
    """Return the shipped rule sets."""
    return RuleBook.from_folder(POLICIES)
