"""Enterprises: their words, what makes one registrable, integrity marks and moves between reporting units."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from shared.events.registry import EnterpriseChanged, IntegrityChanged, IntegrityMarks
from shared.kernel import actor
from shared.kernel import uscc as codes
from shared.kernel.actor import Role, left_to
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.evidence import Evidence, EvidenceLevel
from shared.kernel.key_field import KeyField
from shared.kernel.shape import Shape
from shared.kernel.types import Day, DayOrNone, FenOrNone, LooseUscc, ShortText, ShortTextOrNone, UnitId
from shared.kernel.unit import UNITS, successor_of, unit_on

ENTERPRISE_EXISTS = RefusalCode(
    "enterprise_exists",
    409,
    "统一社会信用代码 {uscc} 已登记",
    "An enterprise with the code {uscc} is registered already",
    "请查询该企业，在原记录上修改。",
    "Look the enterprise up and change the record that is there.",
    hint_zh="GET 后以 PATCH 修改：/v1/enterprises/{uscc}。",
    hint_en="GET /v1/enterprises/{uscc}, then PATCH it.",
)
CODE_NOT_COMPANY = RefusalCode(
    "code_not_company",
    422,
    "代码 {uscc} 不是企业的统一社会信用代码（企业代码以 91 开头）",
    "The code {uscc} is not a company's: those begin with 91",
    "请核对营业执照；个体工商户、工会和事业单位不在本系统登记。",
    "Check the business licence; individual businesses, unions and institutions are not registered here.",
)
UNIT_ENDED = RefusalCode(
    "unit_ended",
    409,
    "区县 {unit_id} 在 {on} 已不是上报单位",
    "The reporting unit {unit_id} is not in force on {on}",
    "请改用承接单位：{successor}。",
    "Use the unit that took over: {successor}.",
)
FOUNDED_IN_FUTURE = RefusalCode(
    "founded_in_future",
    422,
    "成立日期晚于今天",
    "The founding date lies in the future",
    "请按营业执照填写成立日期。",
    "Take the date from the business licence.",
)
MARK_OPEN = RefusalCode(
    "integrity_mark_open",
    409,
    "该诚信标记已经存在",
    "This integrity mark is open already",
    "如需更正，请先解除原标记。",
    "Clear the open mark first if it has to be corrected.",
)
MARK_NOT_OPEN = RefusalCode(
    "integrity_mark_not_open",
    409,
    "没有可解除的诚信标记",
    "There is no open integrity mark to clear",
    "请核对企业的诚信标记。",
    "Check the marks of the enterprise.",
)
EVIDENCE_TOO_WEAK = RefusalCode(
    "evidence_too_weak",
    422,
    "凭证等级 {level} 不足，至少需要 {needed}",
    "Evidence of the level {level} is too weak; at least {needed} is needed",
    "请提供文号或文件的 SHA-256。",
    "Give an official number or the SHA-256 of a document.",
)
ENTERPRISE_DEREGISTERED = RefusalCode(
    "enterprise_deregistered",
    409,
    "企业已注销",
    "The enterprise was struck off",
    "请核对代码；新设企业请另行登记。",
    "Check the code; a new enterprise is registered under its own.",
)
DATE_IN_FUTURE = RefusalCode(
    "date_in_future",
    422,
    "日期晚于今天",
    "The date lies in the future",
    "请填写已经生效的日期。",
    "Give a date that has come.",
)


class LegalForm(StrEnum):
    """The legal form as the business licence names it."""

    LIMITED = "LIMITED"
    JOINT_STOCK = "JOINT_STOCK"
    STATE_OWNED = "STATE_OWNED"
    COLLECTIVE = "COLLECTIVE"
    STOCK_COOPERATIVE = "STOCK_COOPERATIVE"
    NON_COMPANY_LEGAL_PERSON = "NON_COMPANY_LEGAL_PERSON"
    SOLE_PROPRIETORSHIP = "SOLE_PROPRIETORSHIP"
    PARTNERSHIP = "PARTNERSHIP"
    BRANCH = "BRANCH"
    REPRESENTATIVE_OFFICE = "REPRESENTATIVE_OFFICE"
    INDIVIDUAL_BUSINESS = "INDIVIDUAL_BUSINESS"
    UNINCORPORATED = "UNINCORPORATED"
    UNKNOWN = "UNKNOWN"


NO_LEGAL_PERSON = frozenset(
    {
        LegalForm.SOLE_PROPRIETORSHIP,
        LegalForm.PARTNERSHIP,
        LegalForm.BRANCH,
        LegalForm.REPRESENTATIVE_OFFICE,
        LegalForm.INDIVIDUAL_BUSINESS,
        LegalForm.UNINCORPORATED,
    }
)
"""Forms without legal personality: 民法典 第五十四条, 第一百零二条 and, for branches, 公司法 第十三条."""


class FounderType(StrEnum):
    """Who founded the enterprise; the plan supports teachers and students (二(一)1)."""

    TEACHER_OR_STUDENT = "TEACHER_OR_STUDENT"
    RESEARCHER = "RESEARCHER"
    RETURNEE = "RETURNEE"
    OTHER = "OTHER"


class SizeClass(StrEnum):
    """Statistical size class, smallest first."""

    MICRO = "MICRO"
    SMALL = "SMALL"
    MEDIUM = "MEDIUM"
    LARGE = "LARGE"


class EnterpriseStatus(StrEnum):
    """Whether the enterprise exists; the review of its code is a field of its own."""

    ACTIVE = "ACTIVE"
    DEREGISTERED = "DEREGISTERED"


class IntegrityKind(StrEnum):
    """Marks that close gates here and in other services."""

    ABNORMAL_OPERATIONS = "ABNORMAL_OPERATIONS"
    SERIOUS_DISHONESTY = "SERIOUS_DISHONESTY"
    MAJOR_ACCIDENT = "MAJOR_ACCIDENT"
    ENVIRONMENTAL_BREACH = "ENVIRONMENTAL_BREACH"
    RESEARCH_DISHONESTY = "RESEARCH_DISHONESTY"


LISTED_KINDS = frozenset({IntegrityKind.ABNORMAL_OPERATIONS, IntegrityKind.SERIOUS_DISHONESTY})
"""Marks that count while the firm stands on the list; the others count by the year they happened in."""

AUTHORITIES = frozenset({Role.CITY, Role.DISTRICT})
"""Who enters what others decided, and checks what firms say."""
LISTING = frozenset({Role.CITY})
"""Who puts a firm on the city's register."""
OWN_AFFAIRS = frozenset({Role.CITY, Role.DISTRICT, Role.ENTERPRISE})
"""Who files, applies and asks for an evaluation: the firm, or an authority for it."""
OWN_FIELDS = frozenset({"address", "industry_code", "key_field", "founder_type"})
"""What a firm may change of its own record."""

IndustryCode = Annotated[str, StringConstraints(pattern=r"^[A-T][0-9]{4}$"), Field(max_length=5)]
"""A class of GB/T 4754-2017 with its section letter, such as `C3825`."""


class EnterpriseTerms(Shape):
    """What is known of an enterprise from its licence; table, request and answer inherit these fields."""

    uscc: LooseUscc
    name: ShortText
    unit_id: UnitId
    legal_form: LegalForm = LegalForm.UNKNOWN
    industry_code: IndustryCode | None = None
    key_field: KeyField | None = None
    founder_type: FounderType | None = None
    founded_on: DayOrNone = None
    registered_capital_fen: FenOrNone = None
    address: ShortTextOrNone = None
    industry_barred: bool = False


class IntegrityMarkTerms(Shape):
    """One integrity mark is opened or cleared on evidence."""

    kind: IntegrityKind
    active: bool
    effective_on: Day
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class OpenMark:
    """One integrity mark as it stands: `cleared_on` is None while it is open."""

    kind: IntegrityKind
    opened_on: date
    cleared_on: date | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """An enterprise may be registered; a code whose check character does not agree is to be reviewed."""

    code_needs_review: bool


def register(terms: EnterpriseTerms, *, today: date) -> Registration:
    """Decide whether an enterprise may be registered.

    A code of the right form whose check character does not agree is registered and flagged: official registers hold
    such codes, and refusing them would keep real firms out.

    Raises:
        Refusal: `code_not_company`, `unit_ended`, `founded_in_future`.

    Source: R-ENT-01, R-ENT-02, R-ENT-03 (GB 32100-2015; 渝府办发〔2022〕56号 二(一)2).
    """
    if codes.classify(terms.uscc) is not codes.SubjectKind.ENTERPRISE:
        raise Refusal(CODE_NOT_COMPANY, pointer="/uscc", uscc=terms.uscc)
    check_unit(terms.unit_id, today=today)
    if terms.founded_on is not None and terms.founded_on > today:
        raise Refusal(FOUNDED_IN_FUTURE, pointer="/founded_on")
    return Registration(code_needs_review=not codes.is_valid(terms.uscc))


def check_unit(unit_id: str, *, today: date) -> None:
    """Refuse a reporting unit that is not in force today, and name its successor.

    Raises:
        Refusal: `unit_ended`.

    Source: R-ENT-03 (国务院批复 2025-11-06: 江北区、渝北区撤销).
    """
    if unit_on(unit_id, today) is None:
        raise Refusal(
            UNIT_ENDED, pointer="/unit_id", unit_id=unit_id, on=today, successor=successor_of(unit_id, today) or "—"
        )


def ended_units(today: date) -> dict[str, str]:
    """Return the units that have ended, each with the unit in force that took over.

    Source: R-ENT-13 (国务院批复 2025-11-06: 江北区、渝北区撤销).
    """
    ended = {unit.unit_id for unit in UNITS if unit_on(unit.unit_id, today) is None}
    return {unit_id: heir for unit_id in sorted(ended) if (heir := successor_of(unit_id, today)) is not None}


def is_legal_person(form: LegalForm) -> bool:
    """Tell whether a form has legal personality; an unknown form counts as one until its licence says otherwise.

    Source: R-ENT-04 (民法典 第一百零二条).
    """
    return form not in NO_LEGAL_PERSON


def check_evidence(evidence: Evidence, *, pointer: str) -> None:
    """Refuse a bare declaration where a mirrored fact is to move.

    Raises:
        Refusal: `evidence_too_weak`.

    Source: R-ENT-09 (design: mirror, not master).
    """
    if evidence.level is EvidenceLevel.DECLARED:
        raise Refusal(
            EVIDENCE_TOO_WEAK, pointer=pointer, level=evidence.level.value, needed=EvidenceLevel.DOCUMENT.value
        )


def check_role(role: Role, allowed: frozenset[Role]) -> None:
    """Refuse a step to a role that may not take it, whatever its scopes: a firm does not judge itself.

    Raises:
        Refusal: `forbidden_role`.

    Source: R-ENT-11 (渝府办发〔2022〕56号 二(一)2: districts recommend, the city decides).
    """
    actor.check_role(role, allowed)


def check_own_changes(role: Role, fields: Iterable[str]) -> None:
    """Refuse a firm that changes more of its own record than its licence leaves to it.

    A form and a list are asked alike. What an authority enters of a licence, its name among it, needs no evidence
    beside its word.

    Raises:
        Refusal: `forbidden_role`, pointing at the field.

    Source: R-ENT-12 (design: licence facts, unit and industry gate are entered by the authorities).
    """
    if role in AUTHORITIES:
        return
    check_role(role, OWN_AFFAIRS)
    for name in fields:
        if name not in OWN_FIELDS:
            raise left_to(*AUTHORITIES, pointer=f"/{name}")


def deregister(status: EnterpriseStatus, evidence: Evidence, *, on: date, today: date) -> EnterpriseStatus:
    """Return the state of an enterprise that was struck off; it does not come back under the same code.

    Raises:
        Refusal: `enterprise_deregistered`, `evidence_too_weak`, `date_in_future`.

    Source: R-ENT-10 (市场主体登记管理条例 第三十一条).
    """
    if status is EnterpriseStatus.DEREGISTERED:
        raise Refusal(ENTERPRISE_DEREGISTERED)
    check_evidence(evidence, pointer="/evidence/level")
    if on > today:
        raise Refusal(DATE_IN_FUTURE, pointer="/effective_on")
    return EnterpriseStatus.DEREGISTERED


def mark(terms: IntegrityMarkTerms, marks: Iterable[OpenMark], *, uscc: str, today: date) -> IntegrityChanged:
    """Open or clear one integrity mark; a mark is mirrored and moves only on evidence above DECLARED.

    Raises:
        Refusal: `evidence_too_weak`, `date_in_future`, `integrity_mark_open`, `integrity_mark_not_open`.

    Source: R-ENT-05 (企业信息公示暂行条例 第十七条; mirror, not master).
    """
    check_evidence(terms.evidence, pointer="/evidence/level")
    if terms.effective_on > today:
        raise Refusal(DATE_IN_FUTURE, pointer="/effective_on")
    is_open = any(one.kind is terms.kind and one.cleared_on is None for one in marks)
    if terms.active and is_open:
        raise Refusal(MARK_OPEN, pointer="/kind")
    if not terms.active and not is_open:
        raise Refusal(MARK_NOT_OPEN, pointer="/kind")
    return IntegrityChanged.of(terms, uscc=uscc, mark=terms.kind)


def open_marks(marks: Iterable[OpenMark]) -> IntegrityMarks:
    """Return which marks are open, as other services see them.

    Source: R-ENT-06 (design: a cleared mark closes no gate elsewhere).
    """
    kinds = {one.kind for one in marks if one.cleared_on is None}
    return IntegrityMarks(
        abnormal_operations=IntegrityKind.ABNORMAL_OPERATIONS in kinds,
        serious_dishonesty=IntegrityKind.SERIOUS_DISHONESTY in kinds,
        major_accident=IntegrityKind.MAJOR_ACCIDENT in kinds,
        environmental_breach=IntegrityKind.ENVIRONMENTAL_BREACH in kinds,
        research_dishonesty=IntegrityKind.RESEARCH_DISHONESTY in kinds,
    )


def counting_marks(marks: Iterable[OpenMark], *, today: date, years_back: int) -> tuple[IntegrityKind, ...]:
    """Return the marks that stand against a firm today, in a fixed order.

    A list (经营异常, 严重违法失信) counts while the firm is on it; an accident, a breach or a dishonesty counts by the
    year it happened in: the present year and `years_back` before it, cleared or not.

    Source: R-ENT-07 (国科发政〔2017〕115号 第六条（四）).
    """
    first_year = today.year - years_back
    kinds = {
        one.kind
        for one in marks
        if (one.cleared_on is None if one.kind in LISTED_KINDS else one.opened_on.year >= first_year)
    }
    return tuple(kind for kind in IntegrityKind if kind in kinds)


def public_state(
    terms: EnterpriseTerms, *, size_class: SizeClass | None, status: EnterpriseStatus, marks: Iterable[OpenMark]
) -> EnterpriseChanged:
    """Return the state event of an enterprise: what other services may know of it.

    Source: R-ENT-08 (design: ownership of enterprise facts).
    """
    return EnterpriseChanged.of(terms, size_class=size_class, status=status, integrity=open_marks(marks))
