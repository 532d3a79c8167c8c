"""Events of finance: evaluations, limits, consents, applications, loans and cover."""

from datetime import date, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.bounds import MOST_KINDS, Fen, Milli, Number, Ppm, Sha256, TermMonths, UnitId, Uscc, Version, Word
from shared.events.event import Event, EventKind, HeldState


class EvaluationCompleted(HeldState):
    """A knowledge-value evaluation was made; it is immutable, a changed fact makes a new one."""

    subject: ClassVar[str] = "finance.evaluation.completed.v1"
    meaning_zh: ClassVar[str] = "完成了一次知识价值信用评价；评价不可更改，事实变化则另作一次"
    aggregate: ClassVar[str] = "evaluation"
    key: ClassVar[tuple[str, ...]] = ("uscc",)

    uscc: Uscc
    evaluation_id: UUID
    supersedes_id: UUID | None
    grade: Word
    score_milli: Milli
    limit_fen: Fen
    uplift_fen: Fen
    as_of_on: date
    valid_until_on: date
    rule_set_version: Version
    rule_set_sha256: Sha256


class LimitChanged(Event):
    """The credit line of a firm over all banks: limit, reserved by signatures, used by drawdowns, left."""

    subject: ClassVar[str] = "finance.limit.changed.v1"
    meaning_zh: ClassVar[str] = "企业在全部银行的授信额度变化：总额、已签占用、已放款、可用"
    ordering: ClassVar[EventKind] = EventKind.STATE
    aggregate: ClassVar[str] = "credit_line"
    key: ClassVar[tuple[str, ...]] = ("uscc",)

    uscc: Uscc
    limit_fen: Fen
    reserved_fen: Fen
    drawn_fen: Fen
    available_fen: Fen


class ConsentGranted(Event):
    """An enterprise allowed a bank to read named classes of its data for a purpose until a date."""

    subject: ClassVar[str] = "finance.consent.granted.v1"
    meaning_zh: ClassVar[str] = "企业授权一家银行在期限内为某一用途读取指定类别的信息"
    ordering: ClassVar[EventKind] = EventKind.HAPPENING
    aggregate: ClassVar[str] = "consent"
    key: ClassVar[tuple[str, ...]] = ("consent_id",)

    consent_id: UUID
    enterprise_uscc: Uscc
    bank_uscc: Uscc
    purpose: Word
    scopes: Annotated[tuple[Word, ...], Field(max_length=MOST_KINDS)]
    granted_at: datetime
    expires_at: datetime


class ConsentRevoked(Event):
    """A consent was withdrawn; reads stop at once, the recipient must purge by the date."""

    subject: ClassVar[str] = "finance.consent.revoked.v1"
    meaning_zh: ClassVar[str] = "授权被撤回：立即停止读取，接收方须按期清除"
    ordering: ClassVar[EventKind] = EventKind.HAPPENING
    aggregate: ClassVar[str] = "consent"
    key: ClassVar[tuple[str, ...]] = ("consent_id",)

    consent_id: UUID
    enterprise_uscc: Uscc
    bank_uscc: Uscc
    revoked_at: datetime
    purge_by_on: date


class _ApplicationEvent(Event):
    """Fields that every event of a loan application shares."""

    ordering: ClassVar[EventKind] = EventKind.HAPPENING
    aggregate: ClassVar[str] = "loan_application"
    key: ClassVar[tuple[str, ...]] = ("application_id",)

    application_id: UUID
    case_no: Number
    enterprise_uscc: Uscc
    bank_uscc: Uscc


class ApplicationSubmitted(_ApplicationEvent):
    """A firm applied to a bank; the bank's ten-day clock starts."""

    subject: ClassVar[str] = "finance.application.submitted.v1"
    meaning_zh: ClassVar[str] = "企业向银行提交了贷款申请，银行的十个工作日办理期限开始"

    evaluation_id: UUID
    amount_fen: Fen
    term_months: TermMonths
    answer_due_on: date


class ApplicationDecided(_ApplicationEvent):
    """An application moved: BANK_REVIEW, RETURNED, APPROVED, REJECTED, CANCELLED or LAPSED."""

    subject: ClassVar[str] = "finance.application.decided.v1"
    meaning_zh: ClassVar[str] = "贷款申请有了进展：受理、退回、批复、拒绝、撤销或失效"

    status: Word
    reason_code: Word | None
    amount_fen: Fen | None
    valid_until_on: date | None


class ApplicationFlagged(_ApplicationEvent):
    """The evaluation behind an open application was superseded: the bank must acknowledge before it approves."""

    subject: ClassVar[str] = "finance.application.flagged.v1"
    meaning_zh: ClassVar[str] = "在办申请所依据的评价已被新的评价取代，银行批复前须确认"

    flag: Word
    old_evaluation_id: UUID
    new_evaluation_id: UUID
    old_limit_fen: Fen
    new_limit_fen: Fen


class _LoanEvent(Event):
    """Fields that every event of a loan shares."""

    ordering: ClassVar[EventKind] = EventKind.HAPPENING
    aggregate: ClassVar[str] = "loan"
    key: ClassVar[tuple[str, ...]] = ("loan_id",)

    loan_id: UUID
    enterprise_uscc: Uscc
    bank_uscc: Uscc


class LoanSigned(_LoanEvent):
    """A contract was signed: its principal is reserved on the firm's credit line."""

    subject: ClassVar[str] = "finance.loan.signed.v1"
    meaning_zh: ClassVar[str] = "签订了借款合同，本金占用企业额度"

    application_id: UUID
    principal_fen: Fen
    rate_ppm: Ppm
    term_months: TermMonths
    draw_until_on: date


class LoanDrawn(_LoanEvent):
    """A drawdown was paid out under a loan note."""

    subject: ClassVar[str] = "finance.loan.drawn.v1"
    meaning_zh: ClassVar[str] = "凭借据发放了一笔贷款"

    drawdown_id: UUID
    note_no: Number
    amount_fen: Fen
    starts_on: date
    matures_on: date


class LoanRepaid(_LoanEvent):
    """Principal of a drawdown was repaid; the limit is released by as much."""

    subject: ClassVar[str] = "finance.loan.repaid.v1"
    meaning_zh: ClassVar[str] = "归还了一笔放款的本金，额度相应释放"

    drawdown_id: UUID
    amount_fen: Fen
    outstanding_fen: Fen
    value_on: date


class LoanLapsed(_LoanEvent):
    """A signed loan was not drawn in time: what was reserved is released."""

    subject: ClassVar[str] = "finance.loan.lapsed.v1"
    meaning_zh: ClassVar[str] = "已签贷款逾期未放款，占用的额度释放"

    released_fen: Fen


class CoverChanged(Event):
    """The cover of a drawdown by the risk-compensation fund: FILED, COVERED, REFUSED, RELEASED or VOID."""

    subject: ClassVar[str] = "finance.cover.changed.v1"
    meaning_zh: ClassVar[str] = "风险补偿备案变化：已备案、已补偿、已拒绝、已释放或无效"
    ordering: ClassVar[EventKind] = EventKind.STATE
    aggregate: ClassVar[str] = "cover"
    key: ClassVar[tuple[str, ...]] = ("cover_id",)

    cover_id: UUID
    drawdown_id: UUID
    loan_id: UUID
    enterprise_uscc: Uscc
    bank_uscc: Uscc
    unit_id: UnitId
    status: Word
    covered_fen: Fen
    released_fen: Fen = 0
    reason_code: Word | None
