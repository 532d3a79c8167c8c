"""The rule sets of the registry as it ships them."""

from datetime import date

from shared.policy.book import RuleBook
from shared.policy.rule_set import RuleSet
from tests.support.source import ROOT

TODAY = date(2026, 11, 23)
BOOK = RuleBook.from_folder(ROOT / "services" / "registry" / "policies")


def rule_set(policy: str) -> RuleSet:
    """Return the version of a policy in force on the day of the tests."""
    return BOOK.pick(policy, TODAY)
