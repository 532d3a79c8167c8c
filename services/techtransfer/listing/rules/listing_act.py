"""What may be done with an achievement or a need: each act is offered by the rule that would refuse it."""

from dataclasses import dataclass
from datetime import date

from services.techtransfer.listing.rules import listing as rules
from services.techtransfer.listing.rules.listing import Held
from services.techtransfer.listing.rules.party import MAY_POST
from services.techtransfer.listing.rules.vocabulary import ListingStatus, Noun, ReviewDecision
from shared.kernel.action import Act, Bodies
from shared.kernel.actor import Actor

_WRITE, _REVIEW = "transfer.listing:write", "transfer.listing:review"
_ONE = {Noun.ACHIEVEMENT: "/v1/achievements/{achievement_id}", Noun.NEED: "/v1/needs/{need_id}"}


@dataclass(frozen=True, slots=True)
class ListingStanding:
    """How a listing stands, as far as acts depend on it.

    Attributes:
        held: what decisions need to know of it.
        reader: who looks: nobody reviews what they posted or what another has taken up.
        review_due_on: day by which its review is due; None before it was handed in.
    """

    held: Held
    reader: Actor
    review_due_on: date | None

    @property
    def bodies(self) -> Bodies:
        """Whose the listing is, as far as the reader is concerned: its party, its poster, or whoever reviews it."""
        may = rules.may_manage(self.held, self.reader) or rules.may_review(self.held, self.reader)
        return {self.reader.role: None} if may else {}


def _due(case: ListingStanding) -> date | None:
    return case.review_due_on


def _review(noun: Noun, decision: ReviewDecision, name: str, label_zh: str, label_en: str) -> Act[ListingStanding]:
    return Act(
        name=name,
        label_zh=label_zh,
        label_en=label_en,
        operation=f"POST {_ONE[noun]}:review",
        scope=_REVIEW,
        roles=rules.MAY_REVIEW,
        check=lambda case: rules.reviewable(case.held, decision, reviewer=case.reader),
        needs_reason=decision is ReviewDecision.RETURN,
        due_on=_due,
    )


def _acts(noun: Noun) -> tuple[Act[ListingStanding], ...]:
    return (
        Act(
            name="change",
            label_zh="修改",
            label_en="Change",
            operation=f"PATCH {_ONE[noun]}",
            scope=_WRITE,
            roles=MAY_POST,
            check=lambda case: rules.require_editable(case.held),
        ),
        Act(
            name="submit",
            label_zh="提交审核",
            label_en="Submit for review",
            operation=f"POST {_ONE[noun]}:submit",
            scope=_WRITE,
            roles=MAY_POST,
            check=lambda case: rules.submit(case.held),
        ),
        _review(noun, ReviewDecision.START, "start", "受理审核", "Take into review"),
        _review(noun, ReviewDecision.PUBLISH, "publish", "审核通过并发布", "Publish"),
        _review(noun, ReviewDecision.RETURN, "return", "退回补正", "Return for correction"),
        Act(
            name="withdraw",
            label_zh="撤回",
            label_en="Withdraw",
            operation=f"POST {_ONE[noun]}:withdraw",
            scope=_WRITE,
            roles=MAY_POST,
            check=lambda case: rules.withdrawable(case.held),
        ),
    )


ACTS: dict[Noun, tuple[Act[ListingStanding], ...]] = {noun: _acts(noun) for noun in _ONE}
"""Noun → its acts, in the order in which they are offered."""
ASKS: dict[ListingStatus, tuple[str, str]] = {
    ListingStatus.SUBMITTED: ("待受理审核", "to be taken into review"),
    ListingStatus.UNDER_REVIEW: ("待审核", "to be reviewed"),
    ListingStatus.RETURNED: ("待补正后重新提交", "to be corrected and submitted again"),
}
"""Status of a listing that waits → what is asked, in Chinese and English."""
