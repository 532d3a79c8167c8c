"""Rights that a listing claims, held against what ipr told of them."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.fold import fold_code

CLAIMED_RIGHT_LAPSED = RefusalCode(
    code="claimed_right_lapsed",
    status=409,
    title_zh="所列知识产权 {right_no} 已失效",
    title_en="The right {right_no} that is claimed has ended",
    way_out_zh="请删除该号码；如已恢复，请先由知识产权中心登记恢复。",
    way_out_en="Remove the number; if it was restored, have the IP centre record that first.",
)
CLAIMED_RIGHT_OF_OTHERS = RefusalCode(
    code="claimed_right_of_others",
    status=409,
    title_zh="所列知识产权 {right_no} 属于其他单位，且没有委托书",
    title_en="The right {right_no} that is claimed belongs to others, and there is no letter of authority",
    way_out_zh="请核对号码，或提交权利人的委托书。",
    way_out_en="Check the number, or give the owner's letter of authority.",
)
_PENDING = frozenset({"FILED", "PUBLISHED", "UNDER_EXAM"})
_IN_FORCE = frozenset({"GRANTED", "RESTORED", "INVALID_PART", "INVALIDATION_DECIDED"})
_PREFIX = re.compile("^(?:ZL|CN)")


class ClaimFinding(StrEnum):
    """What is known of a right that a listing claims."""

    VALID = "VALID"
    PENDING = "PENDING"
    LAPSED = "LAPSED"
    OF_OTHERS = "OF_OTHERS"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class HeldRight:
    """A right as ipr last told it."""

    right_no: str
    legal_status: str
    owner_usccs: tuple[str, ...]
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class RightCheck:
    """What was found of one number, as the listing writes it."""

    right_no: str
    finding: ClaimFinding


def number_key(text: str) -> str:
    """Return the number that ipr keeps for what a poster writes: folded, without ZL or CN and without the dot.

    Source: T-ACH-05 (docs/rules/techtransfer.md).
    """
    return _PREFIX.sub("", fold_code(text).text).replace(".", "")


def check_claims(
    numbers: Sequence[str], held: Collection[HeldRight], *, party_uscc: str, today: date
) -> tuple[RightCheck, ...]:
    """Return what is known of each number; of several rights under one number the best counts.

    Source: T-ACH-05 (docs/rules/techtransfer.md).
    """
    order = list(ClaimFinding)
    checks = []
    for number in numbers:
        named = [one for one in held if one.right_no == number_key(number)]
        findings = [_finding(one, party_uscc, today) for one in named] or [ClaimFinding.UNKNOWN]
        checks.append(RightCheck(number, min(findings, key=order.index)))
    return tuple(checks)


def require_claims(checks: Sequence[RightCheck], *, has_authority: bool) -> None:
    """Refuse a right that has ended, and another's without a letter of authority; what is not known yet may stand.

    Raises:
        Refusal: `claimed_right_lapsed`, `claimed_right_of_others`, pointing at the number.

    Source: T-ACH-05 (docs/rules/techtransfer.md).
    """
    for place, check in enumerate(checks):
        pointer = f"/ip_right_nos/{place}"
        if check.finding is ClaimFinding.LAPSED:
            raise Refusal(CLAIMED_RIGHT_LAPSED, pointer=pointer, right_no=check.right_no)
        if check.finding is ClaimFinding.OF_OTHERS and not has_authority:
            raise Refusal(CLAIMED_RIGHT_OF_OTHERS, pointer=pointer, right_no=check.right_no)


def _finding(right: HeldRight, party_uscc: str, today: date) -> ClaimFinding:
    if right.legal_status not in _IN_FORCE | _PENDING or (right.ends_on is not None and right.ends_on < today):
        return ClaimFinding.LAPSED
    if party_uscc not in right.owner_usccs:
        return ClaimFinding.OF_OTHERS
    return ClaimFinding.PENDING if right.legal_status in _PENDING else ClaimFinding.VALID
