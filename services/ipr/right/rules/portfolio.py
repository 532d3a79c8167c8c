"""The IP summary of a firm on a day: the one place where rights are classed and counted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.ipr.right.rules.right import HighValueGround
from services.ipr.right.rules.right_kind import RightKind
from services.ipr.right.rules.right_status import LegalStatus
from shared.events.ipr import KindCount, PortfolioChanged
from shared.kernel.evidence import EvidenceLevel
from shared.kernel.months import add_months
from shared.policy.rule_set import RuleSet

POLICY = "ip_portfolio"
_PPM = 1_000_000
_MILLI = 1_000


@dataclass(frozen=True, slots=True)
class HeldRight:
    """One right as a summary sees it, with the share of the firm in parts per million."""

    kind: RightKind
    status: LegalStatus
    level: EvidenceLevel
    share_ppm: int
    filed_on: date | None
    granted_on: date | None
    ends_on: date | None
    grounds: frozenset[HighValueGround] = frozenset()
    blemished: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of a firm; `next_change_on` is the first day on which time alone changes them."""

    class_1_count: int
    class_2_count: int
    high_value_count: int
    blemished_count: int
    kinds: tuple[KindCount, ...]
    next_change_on: date | None

    def told(self, uscc: str, as_of_on: date, rules: RuleSet) -> PortfolioChanged:
        """Return the event that tells this summary."""
        return PortfolioChanged.of(
            self, uscc=uscc, as_of_on=as_of_on, rule_set_version=rules.version, rule_set_sha256=rules.sha256
        )


def stands(right: HeldRight, rules: RuleSet, on: date) -> bool:
    """Tell whether a right is valid on a day and known well enough to count, blemished or not.

    A right past its last day no longer stands, whether or not its status was moved yet.

    Source: I-PORTFOLIO-01 (docs/rules/ipr.md).
    """
    needed = EvidenceLevel(rules.param_text("evidence_min_level"))
    counted = right.status.value in rules.param_list("counted_statuses")
    known = right.level.strength >= needed.strength
    return known and (counted or _is_blemished(right)) and (right.ends_on is None or right.ends_on >= on)


def is_high_value(right: HeldRight, rules: RuleSet, on: date) -> bool:
    """Tell whether a right is of high value: an invention with a recorded ground, or maintained over ten years.

    Source: I-PORTFOLIO-02 (docs/rules/ipr.md).
    """
    if right.kind.value not in rules.param_list("high_value_kinds"):
        return False
    since = _maintained_since(right, rules)
    return bool(right.grounds) or (since is not None and since < on)


def weight_milli(right: HeldRight, rules: RuleSet, on: date) -> int:
    """Return the life factor of a right in thousandths, 0-1,000: remaining life in begun steps over the full life.

    A right without end has the factor 1,000.

    Source: I-PORTFOLIO-03 (docs/rules/ipr.md).
    """
    if right.ends_on is None:
        return _MILLI
    full, step = rules.param_int("life_full_months"), rules.param_int("life_step_months")
    drops = _weight_drops(right.ends_on, rules)
    steps = next((place for place, day in enumerate(drops) if day <= on), len(drops))
    return min(_MILLI, steps * step * _MILLI // full)


def summarise(rights: Sequence[HeldRight], rules: RuleSet, on: date) -> Summary:
    """Count a firm's rights on a day.

    Classes and kinds hold valid rights without blemish; a blemished right is counted as such and nowhere else. A
    co-owned right counts as one for each owner; its weight is life factor times share. Per kind the weights are added
    exactly and rounded half up to thousandths once.

    Source: I-PORTFOLIO-04 (docs/rules/ipr.md).
    """
    standing = [right for right in rights if stands(right, rules, on)]
    clean = [right for right in standing if not _is_blemished(right)]
    class_1, class_2 = rules.param_list("class_1_kinds"), rules.param_list("class_2_kinds")
    return Summary(
        class_1_count=sum(right.kind.value in class_1 for right in clean),
        class_2_count=sum(right.kind.value in class_2 for right in clean),
        high_value_count=sum(is_high_value(right, rules, on) for right in clean),
        blemished_count=len(standing) - len(clean),
        kinds=tuple(
            _count(kind, [right for right in clean if right.kind is kind], rules, on)
            for kind in RightKind
            if any(right.kind is kind for right in clean)
        ),
        next_change_on=_next_change_on(standing, rules, on),
    )


def _count(kind: RightKind, rights: Sequence[HeldRight], rules: RuleSet, on: date) -> KindCount:
    exact = sum(weight_milli(right, rules, on) * right.share_ppm for right in rights)
    return KindCount(kind=kind.value, count=len(rights), weighted_milli=(2 * exact + _PPM) // (2 * _PPM))


def _is_blemished(right: HeldRight) -> bool:
    return right.blemished or right.status is LegalStatus.INVALIDATION_DECIDED


def _maintained_since(right: HeldRight, rules: RuleSet) -> date | None:
    """Return the last day on which the right is not yet maintained for more than the months of the rule set."""
    start = right.filed_on if rules.param_text("maintained_from") == "filed_on" else right.granted_on
    return None if start is None else add_months(start, rules.param_int("maintained_over_months"))


def _next_change_on(rights: Iterable[HeldRight], rules: RuleSet, on: date) -> date | None:
    days: list[date] = []
    for right in rights:
        if right.kind.value in rules.param_list("high_value_kinds"):
            since = _maintained_since(right, rules)
            days += [since + timedelta(days=1)] if since is not None else []
        if right.ends_on is not None:
            days += _weight_drops(right.ends_on, rules)
    return min((day for day in days if day > on), default=None)


def _weight_drops(ends_on: date, rules: RuleSet) -> list[date]:
    """Return the days from which 0, 1, 2 … steps of life are left, latest first; before the last of them all are."""
    full, step = rules.param_int("life_full_months"), rules.param_int("life_step_months")
    after = ends_on + timedelta(days=1)
    return [add_months(after, -months) for months in range(0, full, step)]
