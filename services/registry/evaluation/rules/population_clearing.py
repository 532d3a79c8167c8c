"""Which runs over all enterprises are kept, and which are cleared of their rows: the newest, and those referred to."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.registry.evaluation.rules.population_decision import PopulationPolicy
from shared.kernel.errors import Refusal, RefusalCode

RUN_CLEARED = RefusalCode(
    "population_run_cleared",
    410,
    "这次批量测算的逐户结果已于{cleared_on}清理",
    "The results of this run were cleared on {cleared_on}",
    "各结论的户数仍可查看；逐户结果请查看较新的测算，或新建一次。",
    "How many firms had each verdict still stands; for single firms read a newer run, or start another one.",
    "测算本身仍可读取，清理时间和各规则的结论户数不变。",
    "The run itself can still be read, with the day and the counts of each rule set.",
)
REFERENCE_UNKNOWN = RefusalCode(
    "population_reference_unknown",
    409,
    "这次批量测算没有因“{reference}”而保留",
    "This run is not kept for “{reference}”",
    "请核对引用的文号；现有引用见该次测算。",
    "Check the reference: those that stand are shown with the run.",
)
_DONE = "DONE"
_ENDED = frozenset({_DONE, "FAILED", "CANCELLED"})


@dataclass(frozen=True, slots=True)
class StandingRun:
    """A run whose rows stand.

    Attributes:
        run_id: of the run; a newer run has a larger one.
        policies: what it decided.
        state: QUEUED, RUNNING, DONE, FAILED or CANCELLED.
        is_referred_to: whether something that was published rests on it.
    """

    run_id: UUID
    policies: Sequence[PopulationPolicy]
    state: str
    is_referred_to: bool


def to_clear(runs: Iterable[StandingRun], *, kept: int) -> list[UUID]:
    """Return the runs whose rows go, the oldest first.

    Of each policy the newest `kept` runs that were done stay, and as many that failed or were cancelled; a run stays
    if it is among them for one of its policies, if it has not ended, or while something refers to it.

    Args:
        runs: all whose rows stand, in any order.
        kept: how many, 1 or more.

    Source: R-POP-05 (docs/decisions/59-old-runs-are-cleared.md).
    """
    seen: Counter[tuple[PopulationPolicy, bool]] = Counter()
    gone = []
    for run in sorted(runs, key=lambda one: one.run_id, reverse=True):
        if run.state not in _ENDED:
            continue
        kinds = [(policy, run.state == _DONE) for policy in run.policies]
        is_among_the_newest = any(seen[kind] < kept for kind in kinds)
        seen.update(kinds)
        if not (is_among_the_newest or run.is_referred_to):
            gone.append(run.run_id)
    return gone[::-1]


def cleared(on: date) -> Refusal:
    """Return the refusal to show the rows of a run that was cleared on a day.

    Source: R-POP-06 (design: what is gone is said to be gone, and since when).
    """
    return Refusal(RUN_CLEARED, cleared_on=on)
