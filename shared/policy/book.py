"""All versions of all policies of a service; the day of the decision picks, never "the latest"."""

from collections.abc import Iterable
from datetime import date
from itertools import combinations
from pathlib import Path

from shared.kernel.errors import Refusal, RefusalCode
from shared.policy.header import PolicyStatus
from shared.policy.problem import RuleSetInvalid
from shared.policy.rule_set import RuleSet

RULE_SET_NOT_IN_FORCE = RefusalCode(
    "rule_set_not_in_force",
    409,
    "{on} 没有生效的政策规则 {policy}",
    "No version of the rule set {policy} is in force on {on}",
    "请选择规则有效期内的日期，或等待新版规则发布",
    "Choose a day within the period of a version, or wait until the next one is published",
)


class RuleBook:
    """Rule sets by policy and day; two published versions of a policy never share a day."""

    def __init__(self, rule_sets: Iterable[RuleSet]) -> None:
        """Keep the rule sets by policy and beginning.

        Raises:
            RuleSetInvalid: two of a policy share a version, or two published ones a day.
        """
        self.rule_sets = tuple(sorted(rule_sets, key=lambda one: (one.policy, one.header.effective_from, one.version)))
        self._by_sha256 = {one.sha256: one for one in self.rule_sets}
        for one, other in combinations(self.rule_sets, 2):
            if one.policy == other.policy:
                _check_apart(one, other)

    @classmethod
    def from_folder(cls, folder: Path) -> "RuleBook":
        """Read every `<policy>-<version>.json` of a folder.

        Raises:
            RuleSetInvalid: a file that does not pass its checks or is not named after its policy and version.
        """
        found = []
        for path in sorted(folder.glob("*.json")):
            rule_set = RuleSet.parse(path.read_bytes(), name=path.name)
            if path.stem != f"{rule_set.policy}-{rule_set.version}":
                raise RuleSetInvalid(
                    f"it holds {rule_set.policy} {rule_set.version}, its name says other", file=path.name
                )
            found.append(rule_set)
        return cls(found)

    def pick(self, policy: str, on: date) -> RuleSet:
        """Return the published version of a policy in force on a day.

        Raises:
            Refusal: `rule_set_not_in_force`.

        Source: K-POL-01 (立法法 第一百零四条: rules do not reach back).
        """
        for rule_set in self.rule_sets:
            published = rule_set.header.status is PolicyStatus.PUBLISHED
            if rule_set.policy == policy and published and rule_set.header.in_force(on):
                return rule_set
        raise Refusal(RULE_SET_NOT_IN_FORCE, policy=policy, on=on)

    def by_sha256(self, sha256: str) -> RuleSet | None:
        """Return the rule set with this hash, published or not, or None."""
        return self._by_sha256.get(sha256)


def _check_apart(one: RuleSet, other: RuleSet) -> None:
    if one.version == other.version:
        raise RuleSetInvalid(f"{one.policy} {one.version} is there twice")
    published = {one.header.status, other.header.status} == {PolicyStatus.PUBLISHED}
    if published and (
        one.header.in_force(other.header.effective_from) or other.header.in_force(one.header.effective_from)
    ):
        raise RuleSetInvalid(f"{one.policy} {one.version} and {other.version} are both in force on some day")
