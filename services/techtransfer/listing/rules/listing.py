"""Listings: the fields, the machine and the secrecy that achievements and needs share."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from pydantic import Field

from services.techtransfer.listing.rules.listing_view import is_insider
from services.techtransfer.listing.rules.party import MAY_POST
from services.techtransfer.listing.rules.vocabulary import CooperationMode, Digest, ListingStatus, Noun, ReviewDecision
from shared.events.techtransfer import ListingChanged
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.key_field import KeyField
from shared.kernel.personal import Personal
from shared.kernel.shape import Shape
from shared.kernel.types import Day, DayOrNone, LooseUscc, ShortText, ShortTextOrNone, UnitId
from shared.policy.rule_set import RuleSet

POLICY = "listing_terms"

LISTING_STATE_CONFLICT = RefusalCode(
    code="listing_state_conflict",
    status=409,
    title_zh="当前状态（{status}）不能执行该操作",
    title_en="This cannot be done while the listing is {status}",
    way_out_zh="请重新读取后再决定。",
    way_out_en="Read the listing again and decide anew.",
)
REVIEWER_IS_POSTER = RefusalCode(
    code="reviewer_is_poster",
    status=403,
    title_zh="发布人不得审核自己发布的信息",
    title_en="Nobody reviews what they posted themselves",
    way_out_zh="请由另一审核人员办理。",
    way_out_en="Leave it to another reviewer.",
)
REVIEW_HELD_BY_ANOTHER = RefusalCode(
    code="review_held_by_another",
    status=409,
    title_zh="另一审核人员正在审核",
    title_en="Another reviewer has taken this review",
    way_out_zh="请由其完成审核，或联系其退回后再办理。",
    way_out_en="Leave it to that reviewer, or ask them to return it first.",
)
RETURN_NOTE_MISSING = RefusalCode(
    code="return_note_missing",
    status=422,
    title_zh="退回须说明理由",
    title_en="A return needs its reasons",
    way_out_zh="请说明需要补正的内容。",
    way_out_en="Say what has to be corrected.",
    hint_zh="字段 note。",
    hint_en="The field is note.",
)
LISTING_PERIOD_INVALID = RefusalCode(
    code="listing_period_invalid",
    status=422,
    title_zh="发布截止日须在今日之后且不晚于 {latest}",
    title_en="A listing must end after today and by {latest}",
    way_out_zh="请调整有效期。",
    way_out_en="Change the last day of the listing.",
    hint_zh="字段 valid_until_on。",
    hint_en="The field is valid_until_on.",
)
KEYWORDS_EXCEEDED = RefusalCode(
    code="keywords_exceeded",
    status=422,
    title_zh="关键词须为 1 至 {keywords_max} 个且不重复",
    title_en="Give 1 to {keywords_max} keywords, none twice",
    way_out_zh="请保留最能说明技术内容的关键词。",
    way_out_en="Keep those that say most about the technology.",
)
COOPERATION_MODE_MISSING = RefusalCode(
    code="cooperation_mode_missing",
    status=422,
    title_zh="请至少选择一种合作方式，且不得重复",
    title_en="Name at least one way to work together, none twice",
    way_out_zh="可选：开发、转让、许可、咨询、服务、入股。",
    way_out_en="Choose from development, transfer, licence, consulting, service, equity.",
)
CONTACT_MASKED = RefusalCode(
    code="contact_masked",
    status=422,
    title_zh="联系人信息含有掩码字符，不是完整内容",
    title_en="The contact holds masking characters: it is not the whole text",
    way_out_zh="请填写完整的姓名和电话，或不提交该字段以保持原值。",
    way_out_en="Give the whole name and number, or leave the field out to keep what is held.",
)
FIELD_NOT_HIDEABLE = RefusalCode(
    code="field_not_hideable",
    status=422,
    title_zh="字段 {field} 不能设为保密",
    title_en="The field {field} cannot be kept confidential",
    way_out_zh="可设为保密的字段：{hideable}。",
    way_out_en="Fields that can: {hideable}.",
)
LISTING_DUPLICATE = RefusalCode(
    code="listing_duplicate",
    status=409,
    title_zh="该单位已有同名信息在办或在发布：{case_no}",
    title_en="This party has an open listing with the same title: {case_no}",
    way_out_zh="请修改原信息，或撤回后重新发布。",
    way_out_en="Change that listing, or withdraw it and post again.",
)

EDITABLE = frozenset({ListingStatus.DRAFT, ListingStatus.RETURNED})
IN_REVIEW = frozenset({ListingStatus.SUBMITTED, ListingStatus.UNDER_REVIEW})
ENDED = frozenset({ListingStatus.WITHDRAWN, ListingStatus.EXPIRED})


class ListingTerms(Shape):
    """Fields that achievements and needs share; `valid_until_on` is the last day of the listing, inclusive."""

    title: ShortText
    party_uscc: LooseUscc
    party_name: ShortTextOrNone = None
    unit_id: UnitId
    key_field: KeyField | None = None
    industry_code: ShortTextOrNone = None
    keywords: list[ShortText]
    cooperation_modes: list[CooperationMode]
    confidential_fields: list[ShortText] = Field(default_factory=list)
    valid_until_on: Day
    contact_name: Personal | None = None
    contact_phone: Personal | None = None
    authority_sha256: Digest = None
    authority_until_on: DayOrNone = None


@dataclass(frozen=True, slots=True)
class Held:
    """What a decision needs to know of one stored listing."""

    listing_id: UUID
    noun: Noun
    status: ListingStatus
    title: str
    key_field: KeyField | None
    party_uscc: str
    unit_id: str
    case_no: str
    posted_by: str
    poster_party: str | None
    reviewer: str | None
    was_published: bool
    valid_until_on: date


@dataclass(frozen=True, slots=True)
class Move:
    """A move of the machine: the new status, who holds the review now, and the public state if it changed."""

    status: ListingStatus
    reviewer: str | None
    note: str | None
    events: tuple[ListingChanged, ...]


def check_listing(terms: ListingTerms, rules: RuleSet, *, hideable: Collection[str], today: date) -> None:
    """Check the fields that both nouns share, beyond the form of each.

    Raises:
        Refusal: `keywords_exceeded`, `cooperation_mode_missing`, `field_not_hideable`, `contact_masked`,
            `listing_period_invalid`.

    Source: T-LIST-01 to T-LIST-04, T-LIST-06 (docs/rules/techtransfer.md).
    """
    keywords_max = rules.param_int("keywords_max")
    if not 0 < len(set(terms.keywords)) == len(terms.keywords) <= keywords_max:
        raise Refusal(KEYWORDS_EXCEEDED, pointer="/keywords", keywords_max=keywords_max)
    modes = terms.cooperation_modes
    if not 0 < len(set(modes)) == len(modes):
        raise Refusal(COOPERATION_MODE_MISSING, pointer="/cooperation_modes")
    check_confidential_fields(terms.confidential_fields, hideable=hideable)
    check_contact(terms)
    latest = today + timedelta(days=rules.param_int("listing_days_max"))
    if not today < terms.valid_until_on <= latest:
        raise Refusal(LISTING_PERIOD_INVALID, pointer="/valid_until_on", latest=latest)


def check_confidential_fields(fields: Sequence[str], *, hideable: Collection[str]) -> None:
    """Refuse to hide a field that a public list needs.

    Raises:
        Refusal: `field_not_hideable`.

    Source: T-LIST-03 (docs/rules/techtransfer.md).
    """
    for field in fields:
        if field not in hideable:
            hideable_fields = ", ".join(sorted(hideable))
            raise Refusal(FIELD_NOT_HIDEABLE, pointer="/confidential_fields", field=field, hideable=hideable_fields)


def check_contact(terms: ListingTerms) -> None:
    """Refuse a mask that a reader sent back as if it were the text: it would overwrite the contact.

    Raises:
        Refusal: `contact_masked`.

    Source: T-LIST-06 (docs/rules/techtransfer.md).
    """
    for field, value in (("contact_name", terms.contact_name), ("contact_phone", terms.contact_phone)):
        if value is not None and "*" in value.reveal():
            raise Refusal(CONTACT_MASKED, pointer=f"/{field}")


def refuse_duplicate(open_case_no: str | None) -> None:
    """Refuse a second open listing of one party under the same title.

    Raises:
        Refusal: `listing_duplicate`.

    Source: T-LIST-05 (docs/rules/techtransfer.md).
    """
    if open_case_no is not None:
        raise Refusal(LISTING_DUPLICATE, pointer="/title", case_no=open_case_no)


def require_editable(held: Held) -> None:
    """Require that the fields may still be changed: a published text was reviewed as it stands.

    Raises:
        Refusal: `listing_state_conflict`.

    Source: T-FLOW-01 (docs/rules/techtransfer.md).
    """
    _require(held, EDITABLE)


def submit(held: Held) -> Move:
    """Hand a draft, or what was returned, to review; who returned it stays on record.

    Raises:
        Refusal: `listing_state_conflict`.

    Source: T-FLOW-02 (docs/rules/techtransfer.md).
    """
    _require(held, EDITABLE)
    return Move(ListingStatus.SUBMITTED, held.reviewer, None, ())


def reviewable(held: Held, decision: ReviewDecision, *, reviewer: Actor) -> None:
    """Require that a reviewer may decide so now, whatever the words of the decision.

    Raises:
        Refusal: `listing_state_conflict`, `reviewer_is_poster`, `review_held_by_another`.

    Source: T-FLOW-03, T-FLOW-04 (docs/rules/techtransfer.md).
    """
    _require(held, {ListingStatus.SUBMITTED} if decision is ReviewDecision.START else IN_REVIEW)
    if reviewer.client_id == held.posted_by or (
        reviewer.party is not None and reviewer.party in {held.party_uscc, held.poster_party}
    ):
        raise Refusal(REVIEWER_IS_POSTER)
    if held.status is ListingStatus.UNDER_REVIEW and held.reviewer not in {None, reviewer.client_id}:
        raise Refusal(REVIEW_HELD_BY_ANOTHER)


def review(held: Held, decision: ReviewDecision, *, reviewer: Actor, note: str | None) -> Move:
    """Take up a review, return the listing with reasons, or publish it.

    Raises:
        Refusal: what `reviewable` refuses, and `return_note_missing`.

    Source: T-FLOW-03 to T-FLOW-05 (docs/rules/techtransfer.md).
    """
    reviewable(held, decision, reviewer=reviewer)
    if decision is ReviewDecision.START:
        return Move(ListingStatus.UNDER_REVIEW, reviewer.client_id, None, ())
    if decision is ReviewDecision.RETURN:
        if not note:
            raise Refusal(RETURN_NOTE_MISSING, pointer="/note")
        return Move(ListingStatus.RETURNED, reviewer.client_id, note, ())
    status = ListingStatus.PUBLISHED
    return Move(status, reviewer.client_id, note, (_public_state(held, status),))


def withdrawable(held: Held) -> None:
    """Require that a listing has not ended.

    Raises:
        Refusal: `listing_state_conflict`.

    Source: T-FLOW-06 (docs/rules/techtransfer.md).
    """
    _require(held, set(ListingStatus) - ENDED)


def withdraw(held: Held, *, reason: str | None) -> Move:
    """Take a listing back; it may not be brought back, a new one is posted instead.

    Raises:
        Refusal: `listing_state_conflict`.

    Source: T-FLOW-06 (docs/rules/techtransfer.md).
    """
    withdrawable(held)
    return _end(held, ListingStatus.WITHDRAWN, reason)


def expire(held: Held, *, today: date) -> Move:
    """End a published listing after its last day.

    Raises:
        Refusal: `listing_state_conflict` if it is not published or its last day has not passed.

    Source: T-FLOW-07 (docs/rules/techtransfer.md).
    """
    if held.status is not ListingStatus.PUBLISHED or held.valid_until_on >= today:
        raise Refusal(LISTING_STATE_CONFLICT, status=held.status)
    return _end(held, ListingStatus.EXPIRED, None)


def may_manage(held: Held, actor: Actor) -> bool:
    """Tell whether the actor may change, submit or withdraw a listing: its party, its poster, or the city.

    Source: T-FLOW-08 (docs/rules/techtransfer.md).
    """
    return actor.role in MAY_POST and (actor.role is Role.CITY or is_insider(held, actor))


MAY_REVIEW = frozenset({Role.CITY, Role.DISTRICT})


def may_review(held: Held, actor: Actor) -> bool:
    """Tell whether the actor may review a listing: the city, or the district whose unit it belongs to.

    Source: T-FLOW-08 (docs/rules/techtransfer.md).
    """
    return actor.role in MAY_REVIEW and is_insider(held, actor)


def _require(held: Held, allowed: Collection[ListingStatus]) -> None:
    if held.status not in allowed:
        raise Refusal(LISTING_STATE_CONFLICT, status=held.status)


def _end(held: Held, status: ListingStatus, note: str | None) -> Move:
    """End a listing; only what was public once is told to others."""
    events = (_public_state(held, status),) if held.was_published else ()
    return Move(status, held.reviewer, note, events)


def _public_state(held: Held, status: ListingStatus) -> ListingChanged:
    return ListingChanged.of(held, status=status)
