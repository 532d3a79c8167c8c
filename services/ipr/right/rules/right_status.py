"""The legal status of a right as a fold over dated moves, each on evidence: nothing is overwritten."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.ipr.right.rules.right_kind import RightKind
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.evidence import Evidence, EvidenceLevel
from shared.kernel.months import add_months
from shared.kernel.shape import Shape
from shared.kernel.types import Day, DayOrNone
from shared.policy.rule_set import RuleSet

POLICY = "right_status"

STATUS_MOVE_NOT_ALLOWED = RefusalCode(
    code="status_move_not_allowed",
    status=409,
    title_zh="法律状态不能从 {from_status} 变为 {to_status}",
    title_en="The legal status cannot move from {from_status} to {to_status}",
    way_out_zh="请核对登记簿；此前的状态如有误，请先更正。",
    way_out_en="Check the register; if an earlier status is wrong, correct it first.",
    hint_zh="POST /v1/ip-rights/{right_id}:correct。",
    hint_en="POST /v1/ip-rights/{right_id}:correct.",
)
STATUS_MOVE_CONTRADICTS_LATER = RefusalCode(
    code="status_move_contradicts_later",
    status=409,
    title_zh="该变动早于已登记的 {later_status}（{later_on}），两者不能并存",
    title_en="This move is older than the recorded {later_status} of {later_on}; both cannot be true",
    way_out_zh="请先更正较晚的变动。",
    way_out_en="Correct the later move first.",
    hint_zh="POST /v1/ip-rights/{right_id}:correct。",
    hint_en="POST /v1/ip-rights/{right_id}:correct.",
)
STATUS_MOVE_IN_FUTURE = RefusalCode(
    code="status_move_in_future",
    status=422,
    title_zh="日期 {effective_on} 在今天之后",
    title_en="The date {effective_on} lies after today",
    way_out_zh="请核对日期，或在生效后登记。",
    way_out_en="Check the date, or record it once it has taken effect.",
)
STATUS_EVIDENCE_TOO_WEAK = RefusalCode(
    code="status_evidence_too_weak",
    status=422,
    title_zh="证据等级 {level} 不足，至少需要 {needed}",
    title_en="Evidence of level {level} is too weak, {needed} is needed",
    way_out_zh="请提交官方文号或文件的SHA-256。",
    way_out_en="Give an official number or the SHA-256 of the document.",
)
STATUS_KIND_HAS_NO_FEE = RefusalCode(
    code="status_kind_has_no_fee",
    status=422,
    title_zh="{kind} 无须缴纳年费，不会因未缴年费终止",
    title_en="{kind} has no annual fee and cannot lapse for it",
    way_out_zh="请核对种类或状态。",
    way_out_en="Check the kind or the status.",
)
RESTORATION_TOO_LATE = RefusalCode(
    code="restoration_too_late",
    status=409,
    title_zh="恢复权利须在 {latest} 前请求",
    title_en="Restoration had to be asked for by {latest}",
    way_out_zh="请核对恢复请求日期与终止通知书日期。",
    way_out_en="Check the date of the request and of the notice of termination.",
    hint_zh="恢复请求日期为 requested_on。",
    hint_en="The date of the request is requested_on.",
)
MOVE_UNKNOWN = RefusalCode(
    code="move_unknown",
    status=404,
    title_zh="该权利没有这条状态变动",
    title_en="This right has no such move",
    way_out_zh="请在权利的历史记录中查找变动编号。",
    way_out_en="Look the move's id up in the history of the right.",
)
MOVE_ALREADY_CORRECTED = RefusalCode(
    code="move_already_corrected",
    status=409,
    title_zh="这条状态变动已被更正",
    title_en="This move was corrected before",
    way_out_zh="请更正其后登记的变动。",
    way_out_en="Correct the move that replaced it.",
)


class LegalStatus(StrEnum):
    """Legal status of a right; for rights that are registered GRANTED means registered."""

    FILED = "FILED"
    PUBLISHED = "PUBLISHED"
    UNDER_EXAM = "UNDER_EXAM"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    DEEMED_WITHDRAWN = "DEEMED_WITHDRAWN"
    DEEMED_ABANDONED = "DEEMED_ABANDONED"
    GRANTED = "GRANTED"
    LAPSED_FEE = "LAPSED_FEE"
    EXPIRED = "EXPIRED"
    ABANDONED = "ABANDONED"
    INVALIDATION_DECIDED = "INVALIDATION_DECIDED"
    INVALID_FULL = "INVALID_FULL"
    INVALID_PART = "INVALID_PART"
    RESTORED = "RESTORED"


_S = LegalStatus
_ENDS_BEFORE_GRANT = frozenset({_S.WITHDRAWN, _S.DEEMED_WITHDRAWN, _S.REJECTED})
_IN_FORCE = frozenset(
    {_S.LAPSED_FEE, _S.EXPIRED, _S.ABANDONED, _S.INVALIDATION_DECIDED, _S.INVALID_FULL, _S.INVALID_PART}
)
ALLOWED_MOVES: Mapping[LegalStatus, frozenset[LegalStatus]] = {
    _S.FILED: frozenset({_S.PUBLISHED, _S.UNDER_EXAM, _S.GRANTED, _S.DEEMED_ABANDONED}) | _ENDS_BEFORE_GRANT,
    _S.PUBLISHED: frozenset({_S.UNDER_EXAM}) | _ENDS_BEFORE_GRANT,
    _S.UNDER_EXAM: frozenset({_S.PUBLISHED, _S.GRANTED, _S.DEEMED_ABANDONED}) | _ENDS_BEFORE_GRANT,
    _S.REJECTED: frozenset({_S.UNDER_EXAM}),
    _S.WITHDRAWN: frozenset(),
    _S.DEEMED_WITHDRAWN: frozenset(),
    _S.DEEMED_ABANDONED: frozenset(),
    _S.GRANTED: _IN_FORCE,
    _S.RESTORED: _IN_FORCE,
    _S.INVALID_PART: _IN_FORCE - {_S.INVALID_PART},
    _S.INVALIDATION_DECIDED: frozenset({_S.GRANTED, _S.INVALID_FULL, _S.INVALID_PART, _S.EXPIRED}),
    _S.LAPSED_FEE: frozenset({_S.RESTORED}),
    _S.EXPIRED: frozenset(),
    _S.ABANDONED: frozenset(),
    _S.INVALID_FULL: frozenset(),
}
"""Which status may follow which; a rejected application comes back only by re-examination."""
IN_FORCE = frozenset({_S.GRANTED, _S.RESTORED, _S.INVALID_PART, _S.INVALIDATION_DECIDED})
"""Statuses of a right that stands and can therefore expire."""


class MoveState(StrEnum):
    """What became of a recorded move."""

    APPLIED = "APPLIED"
    HELD = "HELD"
    CORRECTED = "CORRECTED"


class StatusMove(Shape):
    """One change of the legal status as the registering body tells it.

    `requested_on` is the day a restoration was asked for (default: the effective date).
    """

    to_status: LegalStatus
    effective_on: Day
    requested_on: DayOrNone = None
    evidence: Evidence


class MoveCorrection(Shape):
    """A move that was wrong at its source, and what is true instead (nothing, if it never happened)."""

    move_id: UUID
    replacement: StatusMove | None = None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class RecordedMove:
    """One move of the history; `recorded_no` counts a right's moves in the order they were recorded."""

    move_id: UUID
    recorded_no: int
    to_status: LegalStatus
    effective_on: date
    notice_on: date
    requested_on: date | None = None
    level: EvidenceLevel = EvidenceLevel.DOCUMENT
    state: MoveState = MoveState.APPLIED


@dataclass(frozen=True, slots=True)
class Timeline:
    """The history put in order by date: the status today and what became of each move."""

    status: LegalStatus
    since_on: date
    states: Mapping[UUID, MoveState]


@dataclass(frozen=True, slots=True)
class Movement:
    """What a new move does to a right; `changed` is False if it says what was known."""

    timeline: Timeline
    changed: bool


def in_order(moves: Sequence[RecordedMove]) -> list[RecordedMove]:
    """Return the moves by effective date, on one day in the order they were recorded.

    Source: I-STATUS-01 (docs/rules/ipr.md).
    """
    return sorted(moves, key=lambda one: (one.effective_on, one.recorded_no))


def fold(moves: Sequence[RecordedMove], rules: RuleSet) -> Timeline:
    """Put a history in order by date and return the status it leads to.

    The first recorded move gives the status the right was recorded with. A move that does not follow from the status
    before it is held: it waits for the one that makes sense of it (a restoration may arrive before its lapse).

    Source: I-STATUS-02 (docs/rules/ipr.md).
    """
    live = in_order([one for one in moves if one.state is not MoveState.CORRECTED])
    states = {one.move_id: MoveState.CORRECTED for one in moves if one.state is MoveState.CORRECTED}
    last = first = min(live, key=lambda one: one.recorded_no)
    states[first.move_id] = MoveState.APPLIED
    for one in live:
        if one is first:
            continue
        applies = one.effective_on >= first.effective_on and _follows(last, one, rules)
        states[one.move_id] = MoveState.APPLIED if applies else MoveState.HELD
        last = one if applies else last
    return Timeline(last.to_status, last.effective_on, states)


def last_day_to_restore(lapse_notice_on: date, rules: RuleSet) -> date:
    """Return the last day on which restoration of a lapsed right may be asked for.

    Source: I-STATUS-06 (docs/rules/ipr.md).
    """
    return add_months(lapse_notice_on, rules.param_int("restore_within_months"))


def move(
    history: Sequence[RecordedMove], new: RecordedMove, *, kind: RightKind, rules: RuleSet, today: date
) -> Movement:
    """Add one move to the history of a right.

    The same status delivered twice changes nothing. Moves count in the order of their dates, whenever they arrive.

    Raises:
        Refusal: `status_evidence_too_weak`; `status_move_in_future`; `status_kind_has_no_fee`;
            `status_move_not_allowed`; `status_move_contradicts_later`; `restoration_too_late`.

    Source: I-STATUS-03 (docs/rules/ipr.md).
    """
    before = fold(history, rules)
    if _says_what_is_known(history, before, new):
        return Movement(before, changed=False)
    _check(new, kind=kind, rules=rules, today=today)
    after = fold([*history, new], rules)
    _refuse_contradiction(history, before, after, new)
    if after.states[new.move_id] is MoveState.HELD and not _may_wait(before, new):
        raise _refused(history, new, rules, pointer="")
    return Movement(after, changed=True)


def check_evidence(level: EvidenceLevel, rules: RuleSet, name: str = "move_min_level") -> None:
    """Refuse evidence below the level that the parameter `name` of the rule set asks for.

    Raises:
        Refusal: `status_evidence_too_weak`.

    Source: I-STATUS-04 (docs/rules/ipr.md).
    """
    needed = EvidenceLevel(rules.param_text(name))
    if level.strength < needed.strength:
        raise Refusal(STATUS_EVIDENCE_TOO_WEAK, pointer="/evidence/level", level=level, needed=needed)


def check_day(effective_on: date, today: date, *, pointer: str = "/effective_on") -> None:
    """Refuse to record today what takes effect, or was issued, later.

    Raises:
        Refusal: `status_move_in_future`.

    Source: I-STATUS-07 (docs/rules/ipr.md).
    """
    if effective_on > today:
        raise Refusal(STATUS_MOVE_IN_FUTURE, pointer=pointer, effective_on=effective_on)


def check_kind(kind: RightKind, to_status: LegalStatus, rules: RuleSet) -> None:
    """Refuse a status that the kind cannot have: only a right with annual fees lapses for an unpaid one.

    Raises:
        Refusal: `status_kind_has_no_fee`.

    Source: I-STATUS-08 (docs/rules/ipr.md).
    """
    if to_status is LegalStatus.LAPSED_FEE and kind.value not in rules.param_list("fee_kinds"):
        raise Refusal(STATUS_KIND_HAS_NO_FEE, pointer="/to_status", kind=kind)


def correct(
    history: Sequence[RecordedMove],
    move_id: UUID,
    *,
    level: EvidenceLevel,
    replacement: RecordedMove | None,
    kind: RightKind,
    rules: RuleSet,
    today: date,
) -> Timeline:
    """Correct a move that was wrong at its source; both stay in the history.

    The evidence must be as strong as that of the move it corrects. The first move, the status a right was recorded
    with, can only be replaced.

    Raises:
        Refusal: `move_unknown`; `move_already_corrected`; `status_evidence_too_weak`; `status_move_not_allowed`;
            `status_move_in_future`; `status_kind_has_no_fee`; `restoration_too_late`.

    Source: I-STATUS-05 (docs/rules/ipr.md).
    """
    wrong = next((one for one in history if one.move_id == move_id), None)
    if wrong is None:
        raise Refusal(MOVE_UNKNOWN, pointer="/move_id")
    if wrong.state is MoveState.CORRECTED:
        raise Refusal(MOVE_ALREADY_CORRECTED, pointer="/move_id")
    if level.strength < wrong.level.strength:
        raise Refusal(STATUS_EVIDENCE_TOO_WEAK, pointer="/evidence/level", level=level, needed=wrong.level)
    kept = [replace(one, state=MoveState.CORRECTED) if one is wrong else one for one in history]
    if replacement is not None:
        _check(replacement, kind=kind, rules=rules, today=today)
        # It takes the place of what it corrects, so that a corrected first move stays the first.
        kept.append(replace(replacement, recorded_no=wrong.recorded_no))
    live = [one for one in kept if one.state is not MoveState.CORRECTED]
    if not live or (replacement is None and wrong.recorded_no < min(one.recorded_no for one in live)):
        raise Refusal(STATUS_MOVE_NOT_ALLOWED, pointer="/replacement", from_status="-", to_status=wrong.to_status)
    after = fold(kept, rules)
    if replacement is not None and after.states[replacement.move_id] is MoveState.HELD:
        others = [one for one in kept if one.move_id != replacement.move_id]
        raise _refused(others, replacement, rules, pointer="/replacement")
    return after


def _check(new: RecordedMove, *, kind: RightKind, rules: RuleSet, today: date) -> None:
    check_evidence(new.level, rules)
    check_day(new.effective_on, today)
    check_day(new.notice_on, today, pointer="/evidence/issued_on")
    check_kind(kind, new.to_status, rules)


def _follows(last: RecordedMove, one: RecordedMove, rules: RuleSet) -> bool:
    if one.to_status not in ALLOWED_MOVES[last.to_status]:
        return False
    asked_on = one.requested_on or one.effective_on
    return one.to_status is not LegalStatus.RESTORED or asked_on <= last_day_to_restore(last.notice_on, rules)


def _says_what_is_known(history: Sequence[RecordedMove], before: Timeline, new: RecordedMove) -> bool:
    same = new.to_status is before.status or (
        # The register goes on calling a restored right granted.
        new.to_status is LegalStatus.GRANTED and before.status is LegalStatus.RESTORED
    )
    if same and new.effective_on >= before.since_on:
        return True
    return any(
        one.to_status is new.to_status and one.effective_on == new.effective_on
        for one in history
        if one.state is not MoveState.CORRECTED
    )


def _may_wait(before: Timeline, new: RecordedMove) -> bool:
    return new.to_status is LegalStatus.RESTORED and before.status in IN_FORCE


def _refuse_contradiction(
    history: Sequence[RecordedMove], before: Timeline, after: Timeline, new: RecordedMove
) -> None:
    for one in in_order(history):
        was, is_now = before.states[one.move_id], after.states[one.move_id]
        if was is MoveState.APPLIED and is_now is MoveState.HELD:
            raise Refusal(
                STATUS_MOVE_CONTRADICTS_LATER,
                pointer="/effective_on",
                later_status=one.to_status.value,
                later_on=max(one.effective_on, new.effective_on),
            )


def _refused(history: Sequence[RecordedMove], new: RecordedMove, rules: RuleSet, *, pointer: str) -> Refusal:
    """Say why `new` does not follow from the history before it."""
    live = in_order([one for one in history if one.state is not MoveState.CORRECTED])
    states = fold(history, rules).states if live else {}
    before = [one for one in live if one.effective_on <= new.effective_on and states[one.move_id] is MoveState.APPLIED]
    last = before[-1] if before else None
    if last and last.to_status is LegalStatus.LAPSED_FEE and new.to_status is LegalStatus.RESTORED:
        latest = last_day_to_restore(last.notice_on, rules)
        return Refusal(RESTORATION_TOO_LATE, pointer=f"{pointer}/requested_on", latest=latest)
    return Refusal(
        STATUS_MOVE_NOT_ALLOWED,
        pointer=f"{pointer}/to_status",
        from_status=last.to_status.value if last else "-",
        to_status=new.to_status.value,
    )
