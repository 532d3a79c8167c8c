"""IP rights: how one is recorded, owned, attested, extended and told; a mirror of the registering bodies."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.ipr.right.rules.right_kind import PATENT_KINDS, RightKind, normalise_number, number_year
from services.ipr.right.rules.right_owner import OwnerPart, check_owners
from services.ipr.right.rules.right_status import IN_FORCE, LegalStatus, check_day, check_evidence, check_kind
from services.ipr.right.rules.right_term import POLICY as TERM_POLICY
from services.ipr.right.rules.right_term import TermFacts, last_day, require_dates
from shared.events.ipr import OwnerShare, RightChanged
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.evidence import Evidence, EvidenceLevel
from shared.kernel.shape import Shape
from shared.kernel.types import Day, DayOrNone, ShortText
from shared.policy.book import RuleBook
from shared.policy.rule_set import RuleSet

# Dates outside are slips of the pen: no right on paper is older, none ends later.
_FIRST_DAY, _LAST_DAY = date(1949, 10, 1), date(2199, 12, 31)
REGISTRARS = frozenset({Role.IP_CENTRE, Role.CITY})
"""Roles that enter what the registering bodies say."""
DECLARERS = REGISTRARS | {Role.ENTERPRISE}
"""Roles that enter rights at all; an enterprise its own."""

OWNER_NOT_CALLER = RefusalCode(
    code="owner_not_caller",
    status=422,
    title_zh="企业只能申报本企业持有份额的权利",
    title_en="An enterprise declares only rights of which it owns a share",
    way_out_zh="请在权利人中列明本企业。",
    way_out_en="Name your enterprise among the owners.",
)
RIGHT_ALREADY_RECORDED = RefusalCode(
    code="right_already_recorded",
    status=409,
    title_zh="该权利已登记：{right_no}",
    title_en="This right is recorded already: {right_no}",
    way_out_zh="请查询已有记录；如内容有误，请联系知识产权保护中心。",
    way_out_en="Look it up; if something is wrong, ask the IP protection centre.",
)
RIGHT_DATES_DISAGREE = RefusalCode(
    code="right_dates_disagree",
    status=422,
    title_zh="日期先后矛盾：{earlier} 应不晚于 {later}",
    title_en="The dates disagree: {earlier} must not be after {later}",
    way_out_zh="请按证书核对日期；专利号前四位为申请年份。",
    way_out_en="Check the dates on the certificate; a patent number begins with its year of filing.",
)
ATTEST_NOT_STRONGER = RefusalCode(
    code="attest_not_stronger",
    status=409,
    title_zh="已登记的证据等级为 {level}，新的证据并不更强",
    title_en="The right stands on evidence of level {level}; the new one is not stronger",
    way_out_zh="无需再次核验。",
    way_out_en="There is nothing to attest.",
)
HIGH_VALUE_KIND = RefusalCode(
    code="high_value_kind",
    status=422,
    title_zh="只有发明专利可以认定为高价值",
    title_en="Only invention patents can be of high value",
    way_out_zh="请核对权利种类。",
    way_out_en="Check the kind of the right.",
)


class HighValueGround(StrEnum):
    """Why an invention is of high value; the fifth ground, maintained over ten years, follows from its dates."""

    STRATEGIC_INDUSTRY = "STRATEGIC_INDUSTRY"
    OVERSEAS_FAMILY = "OVERSEAS_FAMILY"
    PLEDGE_FINANCED = "PLEDGE_FINANCED"
    AWARDED = "AWARDED"


class RightTerms(Shape):
    """What identifies a right and starts its term; table, request and response inherit these fields.

    `completed_on` is the day an IC layout was created; `woody` marks a variety of vines or trees; `stated_ends_on` is
    the end printed on a certificate whose kind has no rule.
    """

    kind: RightKind
    right_no: ShortText
    title: ShortText
    filed_on: DayOrNone = None
    published_on: DayOrNone = None
    granted_on: DayOrNone = None
    commercialised_on: DayOrNone = None
    completed_on: DayOrNone = None
    woody: bool = False
    stated_ends_on: DayOrNone = None


class RightDraft(RightTerms):
    """A right as it is entered: with its owners, its status and the evidence for all of it."""

    owners: Annotated[list[OwnerPart], Field(min_length=1, max_length=50)]
    legal_status: LegalStatus = LegalStatus.FILED
    status_effective_on: DayOrNone = None
    high_value_grounds: Annotated[list[HighValueGround], Field(max_length=4)] = []  # noqa: RUF012  # pydantic copies it
    evidence: Evidence


class Attestation(Shape):
    """Stronger evidence for a right that was declared, such as its certificate."""

    evidence: Evidence


class TermExtension(Shape):
    """A new last day: a trademark renewed, an invention's term compensated."""

    until_on: Day
    evidence: Evidence


class HighValueMark(Shape):
    """One ground of high value and its evidence."""

    ground: HighValueGround
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Registration:
    """A right ready to be recorded."""

    right_no: str
    status_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class RightView:
    """The public state of one right."""

    right_id: UUID
    terms: RightTerms
    legal_status: LegalStatus
    ends_on: date | None
    owners: tuple[OwnerPart, ...]
    level: EvidenceLevel
    grounds: frozenset[HighValueGround]
    blemished: bool


def term_facts(terms: RightTerms, extended_until_on: date | None = None) -> TermFacts:
    """Return the dates of a right that bear on its term.

    Source: I-RIGHT-05 (docs/rules/ipr.md).
    """
    return TermFacts(
        kind=terms.kind,
        filed_on=terms.filed_on,
        published_on=terms.published_on,
        granted_on=terms.granted_on,
        commercialised_on=terms.commercialised_on,
        completed_on=terms.completed_on,
        woody=terms.woody,
        stated_ends_on=terms.stated_ends_on,
        extended_until_on=extended_until_on,
    )


def may_declare(actor: Actor, owners: Collection[OwnerPart]) -> None:
    """Refuse an entry by a role that may not make it; an enterprise enters only what it owns a share of.

    Raises:
        Refusal: `forbidden_role`; `owner_not_caller`.

    Source: I-RIGHT-06 (docs/rules/ipr.md).
    """
    actor.must_be(DECLARERS)
    if actor.role is Role.ENTERPRISE and actor.party not in {owner.uscc for owner in owners}:
        raise Refusal(OWNER_NOT_CALLER, pointer="/owners")


def must_be_registrar(actor: Actor) -> None:
    """Refuse a role that does not speak for the registering bodies.

    Raises:
        Refusal: `forbidden_role`.

    Source: I-RIGHT-07 (docs/rules/ipr.md).
    """
    actor.must_be(REGISTRARS)


def may_import(actor: Actor) -> None:
    """Refuse a role that may not upload a list; an enterprise may, each line then counts as its own declaration.

    Raises:
        Refusal: `forbidden_role`.

    Source: I-IMPORT-06 (docs/rules/ipr.md).
    """
    actor.must_be(DECLARERS)
    if actor.role is Role.ENTERPRISE:
        actor.party_as(Role.ENTERPRISE)


def level_entered(actor: Actor, evidence: Evidence) -> EvidenceLevel:
    """Return the level at which an entry counts: what an enterprise enters about itself is declared, whatever it says.

    Source: I-RIGHT-08 (docs/rules/ipr.md).
    """
    return evidence.level if actor.role in REGISTRARS else EvidenceLevel.DECLARED


def register(draft: RightDraft, *, book: RuleBook, status_rules: RuleSet, today: date) -> Registration:
    """Check a right as it is entered and return what follows from it: number, day of its status, last day.

    Raises:
        Refusal: `right_no_invalid`; `right_no_of_other_kind`; `owner_twice`; `owner_shares_not_whole`;
            `right_dates_disagree`; `term_date_missing`; `high_value_kind`; `status_kind_has_no_fee`;
            `status_move_in_future`.

    Source: I-RIGHT-09 (docs/rules/ipr.md).
    """
    number = normalise_number(draft.kind, draft.right_no)
    check_owners(draft.owners)
    check_dates(draft, number, today)
    if draft.high_value_grounds and draft.kind is not RightKind.INVENTION:
        raise Refusal(HIGH_VALUE_KIND, pointer="/high_value_grounds")
    facts = term_facts(draft)
    ends_on = last_day(book, facts)
    if draft.legal_status in IN_FORCE or draft.legal_status in {LegalStatus.LAPSED_FEE, LegalStatus.EXPIRED}:
        require_dates(facts, book.pick(TERM_POLICY, today))
    status_on = draft.status_effective_on or draft.granted_on or draft.filed_on or draft.evidence.issued_on
    check_kind(draft.kind, draft.legal_status, status_rules)
    check_day(status_on, today)
    check_day(draft.evidence.issued_on, today, pointer="/evidence/issued_on")
    return Registration(number, status_on, ends_on)


def check_dates(terms: RightTerms, number: str, today: date) -> None:
    """Refuse dates that cannot be: in the future or long past, grant before filing, filing after the number's year.

    A divisional or PCT application carries a later year than its filing date, never an earlier one.

    Raises:
        Refusal: `right_dates_disagree`.

    Source: I-RIGHT-10 (docs/rules/ipr.md).
    """
    for name in ("filed_on", "published_on", "granted_on", "commercialised_on", "completed_on"):
        day: date | None = getattr(terms, name)
        if day is not None and day > today:
            raise Refusal(RIGHT_DATES_DISAGREE, pointer=f"/{name}", earlier=name, later="today")
        if day is not None and day < _FIRST_DAY:
            raise Refusal(RIGHT_DATES_DISAGREE, pointer=f"/{name}", earlier=_FIRST_DAY.isoformat(), later=name)
    if terms.stated_ends_on is not None and not _FIRST_DAY <= terms.stated_ends_on <= _LAST_DAY:
        raise Refusal(
            RIGHT_DATES_DISAGREE, pointer="/stated_ends_on", earlier="stated_ends_on", later=_LAST_DAY.isoformat()
        )
    if terms.filed_on and terms.granted_on and terms.granted_on < terms.filed_on:
        raise Refusal(RIGHT_DATES_DISAGREE, pointer="/granted_on", earlier="filed_on", later="granted_on")
    year = number_year(terms.kind, number)
    if terms.kind in PATENT_KINDS and terms.filed_on and year is not None and terms.filed_on.year > year:
        raise Refusal(RIGHT_DATES_DISAGREE, pointer="/filed_on", earlier="filed_on", later="right_no")


def attestable(level: EvidenceLevel) -> None:
    """Require that stronger evidence than a right stands on could come.

    Raises:
        Refusal: `attest_not_stronger`.

    Source: I-RIGHT-11 (docs/rules/ipr.md).
    """
    if level is max(EvidenceLevel, key=lambda one: one.strength):
        raise Refusal(ATTEST_NOT_STRONGER, level=level)


def attest(level: EvidenceLevel, evidence: Evidence) -> EvidenceLevel:
    """Raise the level at which a right counts.

    Raises:
        Refusal: `attest_not_stronger`.

    Source: I-RIGHT-11 (docs/rules/ipr.md).
    """
    attestable(level)
    if evidence.level.strength <= level.strength:
        raise Refusal(ATTEST_NOT_STRONGER, level=level)
    return evidence.level


def may_be_high_value(kind: RightKind) -> None:
    """Require a kind of right that can be of high value.

    Raises:
        Refusal: `high_value_kind`.

    Source: I-VALUE-01 (docs/rules/ipr.md).
    """
    if kind is not RightKind.INVENTION:
        raise Refusal(HIGH_VALUE_KIND, pointer="/ground")


def mark_high_value(kind: RightKind, level: EvidenceLevel, rules: RuleSet) -> None:
    """Let a ground of high value be recorded on evidence.

    Raises:
        Refusal: `high_value_kind`; `status_evidence_too_weak`.

    Source: I-VALUE-01 (docs/rules/ipr.md).
    """
    may_be_high_value(kind)
    check_evidence(level, rules)


def told(view: RightView, *, high_value: bool) -> RightChanged:
    """Return the event that tells the public state of a right.

    Source: I-RIGHT-12 (docs/rules/ipr.md).
    """
    return RightChanged.of(
        view.terms,
        right_id=view.right_id,
        legal_status=view.legal_status,
        owners=tuple(OwnerShare(uscc=one.uscc, share_ppm=one.share_ppm) for one in view.owners),
        ends_on=view.ends_on,
        high_value=high_value,
        blemished=view.blemished,
    )
