"""Blemishes: only an accepted ownership dispute or an accepted invalidation request lowers a right."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.ipr.right.rules.right_status import IN_FORCE, LegalStatus, check_day, check_evidence
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.evidence import Evidence
from shared.kernel.shape import Shape
from shared.kernel.types import Day
from shared.policy.rule_set import RuleSet

BLEMISH_OPEN = RefusalCode(
    code="blemish_open",
    status=409,
    title_zh="该权利已有同类未结瑕疵",
    title_en="The right has an open blemish of this kind already",
    way_out_zh="无需再次登记；结案后请由登记机关清除该瑕疵。",
    way_out_en="Nothing to record; the office that entered it clears it once the case is closed.",
    hint_zh="清除：POST /v1/ip-rights/{right_id}:clear-blemish。",
    hint_en="Clear it with POST /v1/ip-rights/{right_id}:clear-blemish.",
)
BLEMISH_NOT_OPEN = RefusalCode(
    code="blemish_not_open",
    status=409,
    title_zh="该权利没有同类未结瑕疵",
    title_en="The right has no open blemish of this kind",
    way_out_zh="请核对瑕疵种类。",
    way_out_en="Check the kind of blemish.",
)
BLEMISH_RIGHT_NOT_IN_FORCE = RefusalCode(
    code="blemish_right_not_in_force",
    status=409,
    title_zh="法律状态为 {status} 的权利不登记瑕疵",
    title_en="A right in the status {status} takes no blemish",
    way_out_zh="请核对权利的法律状态。",
    way_out_en="Check the legal status of the right.",
)
BLEMISH_CLEARED_BEFORE_OPENED = RefusalCode(
    code="blemish_cleared_before_opened",
    status=422,
    title_zh="结案日期早于受理日期（{opened_on}）",
    title_en="The case cannot close before it was accepted ({opened_on})",
    way_out_zh="请更正日期。",
    way_out_en="Correct the date.",
)


class BlemishKind(StrEnum):
    """The only two reasons; enforcing one's own right never is one, nor is a paper that was merely filed."""

    OWNERSHIP_DISPUTE = "OWNERSHIP_DISPUTE"
    INVALIDATION_REQUEST = "INVALIDATION_REQUEST"


class BlemishStatus(StrEnum):
    """Whether the case still runs."""

    OPEN = "OPEN"
    CLEARED = "CLEARED"


class BlemishMark(Shape):
    """An accepted case against a right; `effective_on` is the day it was accepted, the evidence its acceptance."""

    kind: BlemishKind
    effective_on: Day
    evidence: Evidence


class BlemishClearance(Shape):
    """The end of the case; `effective_on` is the day it was closed."""

    kind: BlemishKind
    effective_on: Day
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class OpenBlemish:
    """A case that is open."""

    kind: BlemishKind
    opened_on: date


def markable(status: LegalStatus, held: Collection[BlemishKind], kinds: Collection[BlemishKind]) -> None:
    """Require a right in force with no open case of one of these kinds.

    Raises:
        Refusal: `blemish_right_not_in_force`; `blemish_open`.

    Source: I-BLEMISH-01 (docs/rules/ipr.md).
    """
    if status not in IN_FORCE:
        raise Refusal(BLEMISH_RIGHT_NOT_IN_FORCE, status=status)
    if all(kind in held for kind in kinds):
        raise Refusal(BLEMISH_OPEN, pointer="/kind")


def clearable(held: Sequence[OpenBlemish]) -> OpenBlemish:
    """Require an open case and return the first.

    Raises:
        Refusal: `blemish_not_open`.

    Source: I-BLEMISH-02 (docs/rules/ipr.md).
    """
    if not held:
        raise Refusal(BLEMISH_NOT_OPEN, pointer="/kind")
    return held[0]


def mark(
    open_now: OpenBlemish | None, draft: BlemishMark, *, status: LegalStatus, rules: RuleSet, today: date
) -> OpenBlemish:
    """Blemish a right by an accepted case.

    Raises:
        Refusal: `status_evidence_too_weak` without the acceptance notice; `blemish_open`;
            `blemish_right_not_in_force`; `status_move_in_future`.

    Source: I-BLEMISH-01 (docs/rules/ipr.md).
    """
    check_evidence(draft.evidence.level, rules, "blemish_min_level")
    check_day(draft.effective_on, today)
    markable(status, () if open_now is None else (open_now.kind,), (draft.kind,))
    return OpenBlemish(draft.kind, draft.effective_on)


def clear(open_now: OpenBlemish | None, draft: BlemishClearance, *, rules: RuleSet, today: date) -> date:
    """Clear a blemish when its case is closed; returns the day.

    Raises:
        Refusal: `blemish_not_open`; `blemish_cleared_before_opened`; `status_evidence_too_weak`;
            `status_move_in_future`.

    Source: I-BLEMISH-02 (docs/rules/ipr.md).
    """
    check_evidence(draft.evidence.level, rules, "blemish_min_level")
    check_day(draft.effective_on, today)
    opened = clearable(() if open_now is None else (open_now,))
    if draft.effective_on < opened.opened_on:
        raise Refusal(BLEMISH_CLEARED_BEFORE_OPENED, pointer="/effective_on", opened_on=opened.opened_on)
    return draft.effective_on
