"""Owners of a right and their shares: always the whole, and how it passes to others."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from pydantic import Field

from services.ipr.right.rules.right_status import IN_FORCE, LegalStatus, check_day, check_evidence
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.evidence import Evidence
from shared.kernel.shape import Shape
from shared.kernel.types import Day, LooseUscc, RatePpm
from shared.policy.rule_set import RuleSet

WHOLE_PPM = 1_000_000

OWNER_SHARES_NOT_WHOLE = RefusalCode(
    code="owner_shares_not_whole",
    status=422,
    title_zh="权利人份额合计为 {sum_ppm}，应为 100%",
    title_en="The owners' shares sum to {sum_ppm}, not to 100 %",
    way_out_zh="请更正份额；没有约定份额的共有人均分。",
    way_out_en="Correct the shares; co-owners without an agreement hold equal shares.",
)
OWNER_TWICE = RefusalCode(
    code="owner_twice",
    status=422,
    title_zh="同一权利人出现两次：{uscc}",
    title_en="One owner is named twice: {uscc}",
    way_out_zh="请合并其份额。",
    way_out_en="Join the shares into one.",
)
TRANSFER_CHANGES_NOTHING = RefusalCode(
    code="transfer_changes_nothing",
    status=409,
    title_zh="权利人和份额与登记的一致",
    title_en="Owners and shares are as recorded",
    way_out_zh="无需登记转移。",
    way_out_en="There is nothing to record.",
)
RIGHT_NOT_TRANSFERABLE = RefusalCode(
    code="right_not_transferable",
    status=409,
    title_zh="法律状态为 {status} 的权利不能转移",
    title_en="A right in the status {status} cannot be transferred",
    way_out_zh="请核对权利的法律状态。",
    way_out_en="Check the legal status of the right.",
)
TRANSFER_BEFORE_LAST = RefusalCode(
    code="transfer_before_last",
    status=409,
    title_zh="转移日期早于上一次转移（{last_on}）",
    title_en="The transfer is dated before the last one ({last_on})",
    way_out_zh="请按时间顺序登记。",
    way_out_en="Record transfers in the order of their dates.",
)


class OwnerPart(Shape):
    """One owner's share of a right, in parts per million of the whole."""

    uscc: LooseUscc
    share_ppm: Annotated[RatePpm, Field(ge=1, le=WHOLE_PPM)]


class Transfer(Shape):
    """All owners after a transfer, and the official notice of it."""

    owners: Annotated[list[OwnerPart], Field(min_length=1, max_length=50)]
    effective_on: Day
    evidence: Evidence


def check_owners(owners: Sequence[OwnerPart]) -> None:
    """Refuse owners whose shares are not the whole.

    Raises:
        Refusal: `owner_twice`; `owner_shares_not_whole`.

    Source: I-OWNER-01 (docs/rules/ipr.md).
    """
    seen: set[str] = set()
    for place, owner in enumerate(owners):
        if owner.uscc in seen:
            raise Refusal(OWNER_TWICE, pointer=f"/owners/{place}/uscc", uscc=owner.uscc)
        seen.add(owner.uscc)
    total = sum(owner.share_ppm for owner in owners)
    if total != WHOLE_PPM:
        raise Refusal(OWNER_SHARES_NOT_WHOLE, pointer="/owners", sum_ppm=total)


def equal_shares(usccs: Sequence[str]) -> list[OwnerPart]:
    """Return equal shares that sum to the whole; the first owners carry what does not divide.

    Source: I-OWNER-02 (docs/rules/ipr.md).
    """
    share, rest = divmod(WHOLE_PPM, len(usccs))
    return [OwnerPart(uscc=uscc, share_ppm=share + (1 if place < rest else 0)) for place, uscc in enumerate(usccs)]


def transferable(status: LegalStatus) -> None:
    """Require a right, or an application for one, that can still pass to others.

    Raises:
        Refusal: `right_not_transferable`.

    Source: I-OWNER-03 (docs/rules/ipr.md).
    """
    if status not in IN_FORCE | {LegalStatus.FILED, LegalStatus.PUBLISHED, LegalStatus.UNDER_EXAM}:
        raise Refusal(RIGHT_NOT_TRANSFERABLE, status=status)


def transfer(
    before: Sequence[OwnerPart],
    draft: Transfer,
    *,
    status: LegalStatus,
    last_on: date | None,
    rules: RuleSet,
    today: date,
) -> None:
    """Let a right pass to the owners of `draft`.

    Raises:
        Refusal: `owner_twice`; `owner_shares_not_whole`; `right_not_transferable`; `transfer_changes_nothing`;
            `transfer_before_last`; `status_evidence_too_weak`; `status_move_in_future`.

    Source: I-OWNER-03 (docs/rules/ipr.md).
    """
    check_owners(draft.owners)
    transferable(status)
    check_evidence(draft.evidence.level, rules)
    check_day(draft.effective_on, today)
    if last_on is not None and draft.effective_on < last_on:
        raise Refusal(TRANSFER_BEFORE_LAST, pointer="/effective_on", last_on=last_on)
    if {one.uscc: one.share_ppm for one in before} == {one.uscc: one.share_ppm for one in draft.owners}:
        raise Refusal(TRANSFER_CHANGES_NOTHING)
