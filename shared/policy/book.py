"""All versions of all policies of a service; the day of the decision picks, never "the latest"."""

from collections.abc import Iterable, Sequence
from copy import copy
from datetime import date
from functools import lru_cache
from itertools import combinations
from pathlib import Path

from shared.kernel.errors import Refusal, RefusalCode
from shared.policy.basis import named, note
from shared.policy.header import PolicyStatus
from shared.policy.problem import RuleSetInvalid
from shared.policy.rule_set import RuleSet

RULE_SET_NOT_IN_FORCE = RefusalCode(
    "rule_set_not_in_force",
    409,
    "{on} 没有生效的政策规则 {policy}",
    "No version of the rule set {policy} is in force on {on}",
    "请选择规则有效期内的日期，或等待新版规则发布。",
    "Choose a day within the period of a version, or wait until the next one is published.",
)

_KEPT = 256  # all files of all services, several times over


@lru_cache(_KEPT)
def _parsed(content: bytes, name: str) -> RuleSet:
    """Return the rule set with this content, checked once in a process: it never changes and holds no state.

    A service reads its folder when it is made, when it publishes, and for each ledger; the checks let the engine judge
    the edges of every row.
    """
    return RuleSet.parse(content, name=name)


class RuleBook:
    """Rule sets by policy and day; two published versions share a day only where one corrects the other."""

    def __init__(self, rule_sets: Iterable[RuleSet]) -> None:
        """Keep the rule sets by policy and beginning.

        Raises:
            RuleSetInvalid: two of a policy share a version, or two published ones a day; or one supersedes a version
                that is not there.
        """
        self.rule_sets = tuple(sorted(rule_sets, key=lambda one: (one.policy, one.header.effective_from, one.version)))
        self._by_sha256 = {one.sha256: one for one in self.rule_sets}
        self._by_name = {(one.policy, one.version): one for one in self.rule_sets}
        self._decided_by: tuple[RuleSet, ...] = ()
        self._corrected = {one.sha256: self._corrected_by(one) for one in self.rule_sets}
        for one in self.rule_sets:
            self._check_supersedes(one)
        for one, other in combinations(self.rule_sets, 2):
            if one.policy == other.policy:
                self._check_apart(one, other)

    @classmethod
    def from_folder(cls, folder: Path) -> "RuleBook":
        """Read every `<policy>-<version>.json` of a folder.

        Raises:
            RuleSetInvalid: a file that does not pass its checks or is not named after its policy and version.
        """
        found = []
        for path in sorted(folder.glob("*.json")):
            rule_set = _parsed(path.read_bytes(), path.name)
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
        found = self.find(policy, on)
        if found is None:
            raise Refusal(RULE_SET_NOT_IN_FORCE, policy=policy, on=on)
        note(found)
        return found

    def naming(self, names: Sequence[str]) -> "RuleBook":
        """Return the book that picks the rule sets of these names, whatever stands in force since; the rest by the day.

        Args:
            names: as `shared.policy.basis` notes them.

        Raises:
            LookupError: a version is not held, or has another content than it had.
        """
        held = {named(one): one for one in self.rule_sets}
        if missing := [name for name in names if name not in held]:
            raise LookupError(", ".join(missing))
        book = copy(self)
        book._decided_by = tuple(held[name] for name in names)  # noqa: SLF001  # a copy of our own
        return book

    def deciding(self, on: date) -> tuple[RuleSet, ...]:
        """Return the version of each policy that decides on a day; a policy without one is left out.

        Source: K-POL-01 (docs/rules/kernel.md).
        """
        found = (self.find(policy, on) for policy in sorted({one.policy for one in self.rule_sets}))
        return tuple(one for one in found if one is not None)

    def history(self, policy: str) -> tuple[RuleSet, ...]:
        """Return all versions of a policy, oldest beginning first; empty for a policy that is not held."""
        return tuple(one for one in self.rule_sets if one.policy == policy)

    def version(self, policy: str, version: str) -> RuleSet | None:
        """Return one version of a policy, or None."""
        return self._by_name.get((policy, version))

    def superseded_by(self, rule_set: RuleSet) -> RuleSet | None:
        """Return the version that corrects this one directly, or None."""
        return next((one for one in self.history(rule_set.policy) if one.header.supersedes == rule_set.version), None)

    def by_sha256(self, sha256: str) -> RuleSet | None:
        """Return the rule set with this hash, published or not, or None."""
        return self._by_sha256.get(sha256)

    def find(self, policy: str, on: date) -> RuleSet | None:
        """Return what `pick` does, or None where no version is in force."""
        decided = next((one for one in self._decided_by if one.policy == policy and one.header.in_force(on)), None)
        if decided is not None:
            return decided
        held = [
            one
            for one in self.rule_sets
            if one.policy == policy and one.header.status is PolicyStatus.PUBLISHED and one.header.in_force(on)
        ]
        corrected = {version for one in held for version in self._corrected[one.sha256]}
        return next((one for one in held if one.version not in corrected), None)

    def _corrected_by(self, rule_set: RuleSet) -> set[str]:
        """Return the versions that this one corrects, directly or through others."""
        found: set[str] = set()
        earlier = rule_set.header.supersedes
        while earlier is not None and earlier not in found:
            found.add(earlier)
            held = self._by_name.get((rule_set.policy, earlier))
            earlier = None if held is None else held.header.supersedes
        return found

    def _check_supersedes(self, rule_set: RuleSet) -> None:
        name = f"{rule_set.policy} {rule_set.version}"
        earlier = rule_set.header.supersedes
        if earlier is None:
            return
        if (rule_set.policy, earlier) not in self._by_name:
            raise RuleSetInvalid(f"{name} supersedes {earlier}, which is not there")
        if rule_set.version in self._corrected_by(rule_set):
            raise RuleSetInvalid(f"{name} and others supersede each other in a circle")
        if sum(one.header.supersedes == earlier for one in self.history(rule_set.policy)) > 1:
            raise RuleSetInvalid(f"two versions of {rule_set.policy} supersede {earlier}")

    def _check_apart(self, one: RuleSet, other: RuleSet) -> None:
        if one.version == other.version:
            raise RuleSetInvalid(f"{one.policy} {one.version} is there twice")
        if one.version in self._corrected_by(other) or other.version in self._corrected_by(one):
            return
        published = {one.header.status, other.header.status} == {PolicyStatus.PUBLISHED}
        if published and (
            one.header.in_force(other.header.effective_from) or other.header.in_force(one.header.effective_from)
        ):
            raise RuleSetInvalid(f"{one.policy} {one.version} and {other.version} are both in force on some day")
