"""The city's register of technology enterprises (科技型企业): application, the district's check, listing."""

from datetime import date
from enum import StrEnum

from pydantic import Field

from services.registry.ladder.rules.register_condition import EntryCondition, entry_met
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.shape import Shape
from shared.kernel.types import LooseUscc, ShortText, ShortTextOrNone
from shared.policy.reason import REJECT, check_reason
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
    "退回必须逐项说明",
    "Returning needs a note for each point",
    "请逐项写明字段和意见。",
    "Name each field and what is wrong with it.",
    hint_zh="字段 notes。",
    hint_en="The field is notes.",
)

REGISTER_REASON_MISSING = RefusalCode(
    "register_reason_missing",
    422,
    "不予通过须选定原因，其他决定不填原因",
    "A rejection names one of the coded reasons, other decisions name none",
    "请从原因目录中选择。",
    "Choose one of the catalogue of reasons.",
    hint_zh="字段 reason_code；目录见 GET /v1/register-applications/reasons。",
    hint_en="The field is reason_code; GET /v1/register-applications/reasons lists them.",
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
    """The district's decision with its remarks; `reason_code` where it rejects."""

    decision: CheckDecision
    reason_code: ShortTextOrNone = None
    notes: list[FieldNote] = Field(default_factory=list, max_length=50)


class RegisterReviewDecision(StrEnum):
    """What the city decides instead of listing."""

    RETURN = "RETURN"
    REJECT = "REJECT"


class RegisterReview(Shape):
    """The city's decision not to list, with its remarks; `reason_code` where it rejects."""

    decision: RegisterReviewDecision
    reason_code: ShortTextOrNone = None
    notes: list[FieldNote] = Field(default_factory=list, max_length=50)


class RegisterApplicationTerms(Shape):
    """Who applies."""

    uscc: LooseUscc


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


def checkable(status: RegisterStatus) -> None:
    """Check that an application waits for the district's check.

    Raises:
        Refusal: `register_step_not_allowed`.

    Source: R-REG-03 (重庆市科技型企业入库培育实施细则 审核程序).
    """
    _must_be(status, RegisterStatus.SUBMITTED)


def decide(status: RegisterStatus, check: RegisterCheck, rule_set: RuleSet) -> RegisterStatus:
    """Return the state after the district's check.

    Args:
        status: of the application.
        check: the decision.
        rule_set: lists the reasons with which one may reject.

    Raises:
        Refusal: `register_step_not_allowed`, `return_needs_notes`, `register_reason_missing`, `reason_unknown`.

    Source: R-REG-03 (重庆市科技型企业入库培育实施细则 审核程序).
    """
    checkable(status)
    return _decided(check.decision.value, check.notes, check.reason_code, rule_set)


def review(status: RegisterStatus, check: RegisterReview, rule_set: RuleSet) -> RegisterStatus:
    """Return the state of a checked application that the city does not list; see `decide`.

    Raises:
        Refusal: as `decide`.

    Source: R-REG-09 (design: who lists may find what the check overlooked).
    """
    listable(status)
    return _decided(check.decision.value, check.notes, check.reason_code, rule_set)


def _decided(decision: str, notes: list[FieldNote], reason_code: str | None, rule_set: RuleSet) -> RegisterStatus:
    status = {
        CheckDecision.PASS.value: RegisterStatus.CHECKED,
        CheckDecision.RETURN.value: RegisterStatus.RETURNED,
        CheckDecision.REJECT.value: RegisterStatus.REJECTED,
    }[decision]
    if (status is RegisterStatus.REJECTED) != (reason_code is not None):
        raise Refusal(REGISTER_REASON_MISSING, pointer="/reason_code")
    if reason_code is not None:
        check_reason(reason_code, rule_set, REJECT)
    if status is RegisterStatus.RETURNED and not notes:
        raise Refusal(RETURN_NEEDS_NOTES, pointer="/notes")
    return status


def correctable(status: RegisterStatus) -> None:
    """Check that an application waits for its enterprise to correct it.

    Raises:
        Refusal: `register_step_not_allowed`.

    Source: R-REG-04 (重庆市科技型企业入库培育实施细则 审核程序).
    """
    _must_be(status, RegisterStatus.RETURNED)


def resubmit(status: RegisterStatus, found: tuple[EntryCondition, ...]) -> RegisterStatus:
    """Return the state of a returned application that was corrected.

    Raises:
        Refusal: `register_step_not_allowed`, `register_conditions_unmet`.

    Source: R-REG-04 (重庆市科技型企业入库培育实施细则 审核程序).
    """
    correctable(status)
    return apply(found)


def withdraw(status: RegisterStatus) -> RegisterStatus:
    """Return the state of an application that its enterprise takes back.

    Raises:
        Refusal: `register_step_not_allowed`.

    Source: R-REG-05 (design: an applicant may withdraw before the decision).
    """
    _must_be(status, *OPEN_STATUSES)
    return RegisterStatus.WITHDRAWN


def listable(status: RegisterStatus) -> None:
    """Check that an application was checked and waits for the city.

    Raises:
        Refusal: `register_step_not_allowed`.

    Source: R-REG-06 (重庆市科技型企业入库培育实施细则 审核程序).
    """
    _must_be(status, RegisterStatus.CHECKED)


def enlist(status: RegisterStatus, found: tuple[EntryCondition, ...]) -> RegisterStatus:
    """Return the state of an application that the city lists; the conditions are looked at again on that day.

    Raises:
        Refusal: `register_step_not_allowed`, `register_conditions_unmet`.

    Source: R-REG-06 (重庆市科技型企业入库培育实施细则 审核程序).
    """
    listable(status)
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


def _must_be(status: RegisterStatus, *allowed: RegisterStatus) -> None:
    if status not in allowed:
        raise Refusal(REGISTER_STEP_NOT_ALLOWED, status=status)
