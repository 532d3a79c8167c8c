"""The city's register of technology enterprises (科技型企业): application, the district's check, listing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pydantic import Field

from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.money import ratio_ppm
from shared.kernel.shape import Shape
from shared.kernel.types import LooseUscc, ShortText
from shared.policy.rule_set import RuleSet

REGISTER_CONDITIONS_UNMET = RefusalCode(
    "register_conditions_unmet",
    422,
    "不符合入库条件：{unmet_zh}",
    "The conditions of the register are not met: {unmet_en}",
    "请按各项条件补正后再申请。",
    "Meet the conditions named and apply again.",
)
REGISTER_FILING_MISSING = RefusalCode(
    "register_filing_missing",
    409,
    "缺少 {year} 年度数据",
    "The annual filing of {year} is missing",
    "请企业先填报并提交年度数据。",
    "The enterprise files and submits its data first.",
    hint_zh="PUT /v1/enterprises/{uscc}/filings/{year}。",
    hint_en="PUT /v1/enterprises/{uscc}/filings/{year}.",
)
REGISTER_APPLICATION_OPEN = RefusalCode(
    "register_application_open",
    409,
    "已有在办的入库申请 {case_no}",
    "The application {case_no} is still open",
    "请等待办理结果，或按退回意见补正。",
    "Wait for its result, or correct it as the notes say.",
)
ALREADY_LISTED = RefusalCode(
    "already_listed",
    409,
    "企业已在库，编号 {number}",
    "The enterprise is listed already with the number {number}",
    "有效期内无需再次申请。",
    "There is no need to apply again while it is valid.",
)
REGISTER_STEP_NOT_ALLOWED = RefusalCode(
    "register_step_not_allowed",
    409,
    "申请处于 {status}，不能执行此操作",
    "The application is {status}: this step is not allowed",
    "请重新读取申请，查看当前状态。",
    "Read the application again and look at its state.",
)
RETURN_NEEDS_NOTES = RefusalCode(
    "return_needs_notes",
    422,
    "退回或不予通过必须逐项说明",
    "Returning or rejecting needs a note for each point",
    "请逐项写明字段和意见。",
    "Name each field and what is wrong with it.",
    hint_zh="字段 notes。",
    hint_en="The field is notes.",
)


class RegisterStatus(StrEnum):
    """Where an application stands."""

    SUBMITTED = "SUBMITTED"
    RETURNED = "RETURNED"
    CHECKED = "CHECKED"
    LISTED = "LISTED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


OPEN_STATUSES = (RegisterStatus.SUBMITTED, RegisterStatus.RETURNED, RegisterStatus.CHECKED)


class CheckDecision(StrEnum):
    """What the district decides."""

    PASS = "PASS"  # noqa: S105  # a decision, not a password
    RETURN = "RETURN"
    REJECT = "REJECT"


class FieldNote(Shape):
    """One remark of the district on one field."""

    field: ShortText
    note: ShortText


class RegisterCheck(Shape):
    """The district's decision with its remarks."""

    decision: CheckDecision
    notes: list[FieldNote] = Field(default_factory=list, max_length=50)


class RegisterApplicationTerms(Shape):
    """Who applies."""

    uscc: LooseUscc


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """What the conditions look at, all of one day."""

    in_business: bool
    legal_person: bool
    industry_barred: bool
    open_marks: tuple[str, ...]
    staff: int
    science_staff: int
    senior_title_staff: int
    revenue_fen: int
    rd_expense_fen: int
    ip_rights: int
    innovative_products: int
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntryCondition:
    """One condition, whether it is met, and how far its number can be trusted."""

    id: str
    basic: bool
    met: bool
    label_zh: str
    label_en: str
    confidence: str
    source: str
    article: str


def conditions(facts: EntryFacts, rule_set: RuleSet) -> tuple[EntryCondition, ...]:
    """Return every condition: the basic ones must all be met, of the others any one.

    Source: R-REG-01 (重庆市科技型企业入库培育实施细则 入库条件; the first of the others is official, the rest assumed).
    """
    return (*_basic(facts, rule_set), *_any_of(facts, rule_set))


def entry_met(found: tuple[EntryCondition, ...]) -> bool:
    """Tell whether all basic conditions and at least one of the others are met.

    Source: R-REG-01 (重庆市科技型企业入库培育实施细则 入库条件).
    """
    return all(one.met for one in found if one.basic) and any(one.met for one in found if not one.basic)


def apply(found: tuple[EntryCondition, ...]) -> RegisterStatus:
    """Take an application, or refuse it with every condition that is not met.

    Raises:
        Refusal: `register_conditions_unmet`.

    Source: R-REG-02 (重庆市科技型企业入库培育实施细则 入库条件).
    """
    if not entry_met(found):
        others_met = any(one.met for one in found if not one.basic)
        unmet = [one for one in found if not one.met and (one.basic or not others_met)]
        raise Refusal(
            REGISTER_CONDITIONS_UNMET,
            unmet_zh="；".join(one.label_zh for one in unmet),
            unmet_en="; ".join(one.label_en for one in unmet),
        )
    return RegisterStatus.SUBMITTED


def decide(status: RegisterStatus, check: RegisterCheck) -> RegisterStatus:
    """Return the state after the district's check.

    Raises:
        Refusal: `register_step_not_allowed`, `return_needs_notes`.

    Source: R-REG-03 (重庆市科技型企业入库培育实施细则 审核程序).
    """
    _must_be(status, RegisterStatus.SUBMITTED)
    if check.decision is not CheckDecision.PASS and not check.notes:
        raise Refusal(RETURN_NEEDS_NOTES, pointer="/notes")
    return {
        CheckDecision.PASS: RegisterStatus.CHECKED,
        CheckDecision.RETURN: RegisterStatus.RETURNED,
        CheckDecision.REJECT: RegisterStatus.REJECTED,
    }[check.decision]


def resubmit(status: RegisterStatus, found: tuple[EntryCondition, ...]) -> RegisterStatus:
    """Return the state of a returned application that was corrected.

    Raises:
        Refusal: `register_step_not_allowed`, `register_conditions_unmet`.

    Source: R-REG-04 (重庆市科技型企业入库培育实施细则 审核程序).
    """
    _must_be(status, RegisterStatus.RETURNED)
    return apply(found)


def withdraw(status: RegisterStatus) -> RegisterStatus:
    """Return the state of an application that its enterprise takes back.

    Raises:
        Refusal: `register_step_not_allowed`.

    Source: R-REG-05 (design: an applicant may withdraw before the decision).
    """
    _must_be(status, *OPEN_STATUSES)
    return RegisterStatus.WITHDRAWN


def enlist(status: RegisterStatus, found: tuple[EntryCondition, ...]) -> RegisterStatus:
    """Return the state of an application that the city lists; the conditions are looked at again on that day.

    Raises:
        Refusal: `register_step_not_allowed`, `register_conditions_unmet`.

    Source: R-REG-06 (重庆市科技型企业入库培育实施细则 审核程序).
    """
    _must_be(status, RegisterStatus.CHECKED)
    apply(found)
    return RegisterStatus.LISTED


def register_number(case_no: str) -> str:
    """Return the number we issue: the case number of the application without its dashes.

    Source: R-REG-07 (design: a number a clerk can read over the phone, unique because the case number is).
    """
    return case_no.replace("-", "")


def filing_years(today: date, rule_set: RuleSet) -> tuple[int, ...]:
    """Return the years whose filing a decision of today may stand on, best first.

    That is the last year that has ended; until its tax is settled the year before may stand in for it.

    Source: R-REG-08 (国科发政〔2017〕115号 第九条; 中华人民共和国企业所得税法 第五十四条).
    """
    last = today.year - 1
    settled = today.month > rule_set.param_int("settlement_last_month")
    return (last,) if settled else (last, last - 1)


def as_json(found: tuple[EntryCondition, ...]) -> list[Mapping[str, str | bool]]:
    """Return the conditions as they are stored with an application.

    Source: R-REG-01 (design: every decision keeps what it looked at).
    """
    return [
        {
            "id": one.id,
            "basic": one.basic,
            "met": one.met,
            "label_zh": one.label_zh,
            "label_en": one.label_en,
            "confidence": one.confidence,
            "source": one.source,
            "article": one.article,
        }
        for one in found
    ]


def _must_be(status: RegisterStatus, *allowed: RegisterStatus) -> None:
    if status not in allowed:
        raise Refusal(REGISTER_STEP_NOT_ALLOWED, status=status)


def _basic(facts: EntryFacts, rule_set: RuleSet) -> tuple[EntryCondition, ...]:
    source, article = rule_set.header.source_doc, "入库条件"

    def basic(id_: str, met: bool, label_zh: str, label_en: str) -> EntryCondition:  # noqa: FBT001  # a plain fact
        return EntryCondition(id_, True, met, label_zh, label_en, "reported", source, article)

    return (
        basic("in_business", facts.in_business, "企业存续", "not struck off"),
        basic("legal_person", facts.legal_person, "具有法人资格", "a legal person"),
        basic("industry", not facts.industry_barred, "不属于禁止、限制和淘汰类", "not in a prohibited list"),
        basic("integrity", not facts.open_marks, "诚信记录良好", "no integrity mark stands against it"),
    )


def _any_of(facts: EntryFacts, rule_set: RuleSet) -> tuple[EntryCondition, ...]:
    def other(id_: str, parameter: str, met: bool, label_zh: str, label_en: str) -> EntryCondition:  # noqa: FBT001
        entry = rule_set.parameters[parameter]
        return EntryCondition(id_, False, met, label_zh, label_en, entry.confidence, entry.source, entry.article)

    science = ratio_ppm(facts.science_staff, facts.staff)
    rd_share = ratio_ppm(facts.rd_expense_fen, facts.revenue_fen)
    return (
        other(
            "science_staff",
            "science_staff_min_ppm",
            (science is not None and science >= rule_set.param_int("science_staff_min_ppm"))
            or facts.senior_title_staff >= rule_set.param_int("senior_title_min"),
            "科技人员占比达标或有副高级以上职称科技人员",
            "enough science staff, or one with a senior title",
        ),
        other(
            "rd_share",
            "rd_revenue_min_ppm",
            (rd_share is not None and rd_share >= rule_set.param_int("rd_revenue_min_ppm")),
            "研发费用占营业收入比例达标",
            "enough R&D expense to revenue",
        ),
        other(
            "ip_rights",
            "ip_rights_min",
            facts.ip_rights >= rule_set.param_int("ip_rights_min"),
            "拥有有效知识产权",
            "valid intellectual property",
        ),
        other(
            "innovative_products",
            "innovative_products_min",
            facts.innovative_products >= rule_set.param_int("innovative_products_min"),
            "拥有创新产品",
            "an innovative product",
        ),
        other(
            "titles",
            "titles_accepted",
            bool(set(rule_set.param_list("titles_accepted")) & set(facts.titles)),
            "为有效期内的高新技术企业或科技型中小企业",
            "a valid high-tech enterprise or national tech-SME",
        ),
    )
