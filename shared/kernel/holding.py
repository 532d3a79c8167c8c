"""Who of a body has a case that waits for it: a courtesy among colleagues that forbids no act."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.kernel.actor import Actor, Role
from shared.kernel.errors import Refusal, RefusalCode

WORK_ITEM_HELD = RefusalCode(
    "work_item_held",
    409,
    "该事项已由同事办理（{since_at} 起）",
    "A colleague has this case (since {since_at})",
    "请选择其他事项，或请同事移交；确需接手的，可代为移交。",
    "Choose another case, or ask the colleague to hand it over; where it cannot wait, hand it over yourself.",
    hint_zh="details.holder 为当前办理人；移交时 held_by 须与之一致。",
    hint_en="details.holder is who has it; held_by of a hand-over must name the same.",
)
WORK_ITEM_FREE = RefusalCode(
    "work_item_free",
    409,
    "该事项目前无人办理",
    "Nobody has this case",
    "请刷新清单；需要办理的可直接领取。",
    "Load the list again; who wants the case takes it.",
)
COLLEAGUE_UNKNOWN = RefusalCode(
    "colleague_unknown",
    422,
    "无法确认接收人是本单位人员",
    "The receiver could not be confirmed as a person of your body",
    "请重新打开移交页面，从名单中选择接收人。",
    "Open the form again and choose the receiver from the list.",
    hint_zh="to 取自 GET /v1/colleagues，有效期与访问令牌相同。",
    hint_en="Take `to` from GET /v1/colleagues; it is valid as long as an access token.",
)
REFUSALS = (WORK_ITEM_HELD, WORK_ITEM_FREE, COLLEAGUE_UNKNOWN)


class HolderChoice(StrEnum):
    """Whose cases a list shows."""

    ME = "ME"
    COLLEAGUE = "COLLEAGUE"
    NOBODY = "NOBODY"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a case.

    Attributes:
        client_id: as tokens and the audit name a person or a program.
        since_at: since when, UTC.
    """

    client_id: str
    since_at: datetime


def colleague_audience(audience: str) -> str:
    """Return for whom tickets are made that tell of a colleague: for no call.

    Args:
        audience: of access tokens.

    Source: K-WORK-03 (docs/rules/kernel.md).
    """
    return f"{audience}:colleague"


def check_turn(actor: Actor, waits_for: Role) -> None:
    """Refuse whoever sees a case that waits for another body: it is not theirs to take or hand over.

    Raises:
        Refusal: `forbidden_role`.

    Source: K-WORK-03 (docs/rules/kernel.md).
    """
    actor.must_be((waits_for,))


def take_case(held: Holder | None, actor: Actor, now: datetime) -> Holder:
    """Return who has a case after an actor took it; what is one's own stays one's own since it was taken.

    Raises:
        Refusal: `work_item_held` where a colleague has it.

    Source: K-WORK-03 (docs/rules/kernel.md).
    """
    if held is None:
        return Holder(actor.client_id, now)
    if held.client_id != actor.client_id:
        raise Refusal(WORK_ITEM_HELD, holder=held.client_id, since_at=held.since_at)
    return held


def handed_over(held: Holder | None, *, held_by: str, to: str | None, now: datetime) -> Holder | None:
    """Return who has a case after it was handed over, None for nobody.

    Whoever acts for the body may do it, also for a colleague who is away, but only knowing who has it.

    Args:
        held: who has it.
        held_by: who has it as the caller knows.
        to: who shall have it; None for nobody.
        now: the instant, UTC.

    Raises:
        Refusal: `work_item_free`, or `work_item_held` where somebody else has it than the caller knows.

    Source: K-WORK-03 (docs/rules/kernel.md).
    """
    if held is None:
        raise Refusal(WORK_ITEM_FREE)
    if held.client_id == to:
        return held
    if held.client_id != held_by:
        raise Refusal(WORK_ITEM_HELD, holder=held.client_id, since_at=held.since_at)
    return None if to is None else Holder(to, now)


def check_colleague(actor: Actor, other: Actor) -> None:
    """Refuse a receiver who acts for another body.

    Raises:
        Refusal: `colleague_unknown`.

    Source: K-WORK-03 (docs/rules/kernel.md).
    """
    if (other.role, other.party, other.unit_id) != (actor.role, actor.party, actor.unit_id):
        raise Refusal(COLLEAGUE_UNKNOWN, pointer="/to")
