"""The credit file (授信资料): what a firm allows a bank to see of one application."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from fastapi import Response

from services.finance.evaluation.models.enterprise import Enterprise
from services.finance.evaluation.models.kv_evaluation import KvEvaluation
from services.finance.evaluation.models.portfolio import Portfolio
from services.finance.evaluation.rules.kv_evaluation import RULE_SET_NOT_HELD, EvaluationResult
from services.finance.evaluation.usecases.kv_evaluation import rule_sets_of
from services.finance.lending.api.loan_application import LoanApplicationRead, detailed
from services.finance.lending.usecases import credit_file as usecases
from services.finance.lending.usecases.credit_file import CreditFile
from services.finance.partner.rules.consent import CONSENT_EXPIRED, CONSENT_MISSING, CONSENT_REVOKED
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND
from shared.kernel.shape import Read
from shared.policy.book import RuleBook
from shared.policy.number_read import LegalBasisRead
from shared.policy.rule_set import RuleSet
from shared.web.answer import answered
from shared.web.edge import Shelf, Tx, edge, edge_router, refusals

router = edge_router(tags=["loan applications"])
Record = dict[str, Any]


class EvaluationResultRead(EvaluationResult):
    """The result of an evaluation (scope EVALUATION_RESULT), money in fen."""

    evaluation_id: UUID
    rule_set_sha256: str


class BasicRegistryRead(Read):
    """Base data of the firm (scope BASIC_REGISTRY), as the registry last told it."""

    uscc: str
    name: str
    unit_id: str
    industry_code: str | None
    key_field: str | None
    founded_on: date | None
    legal_form: str
    founder_type: str | None
    size_class: str | None
    status: str
    abnormal_operations: bool
    serious_dishonesty: bool


class IpPortfolioRead(Read):
    """The IP summary of the firm (scope IP_PORTFOLIO), as ipr last told it."""

    as_of_on: date
    class_1_count: int
    class_2_count: int
    high_value_count: int
    blemished_count: int
    kinds: list[Record]
    rule_set_version: str


class CreditFileRead(Read):
    """A credit file: the frozen snapshot, what changed since, the clock, and the consented parts.

    `last_read_at` is the bank's read before this one; `flagged_since` tells whether the firm was evaluated anew since.
    `available_fen` is what is left of the firm's line over all banks for this application. A part is null when the firm
    did not allow it; its scope then stands in `withheld`.
    """

    application: LoanApplicationRead
    consent_id: UUID
    given: list[str]
    withheld: list[str]
    answer_due_on: date
    days_left: int
    overdue: bool
    available_fen: int
    snapshot: EvaluationResultRead
    current: EvaluationResultRead
    uplift_legal_basis: LegalBasisRead | None
    superseded: bool
    last_read_at: datetime | None
    flagged_since: bool
    changes: list[Record] | None
    evaluation_detail: Record | None
    basic_registry: BasicRegistryRead | None
    ip_portfolio: IpPortfolioRead | None


def _result(evaluation: KvEvaluation) -> EvaluationResultRead:
    return EvaluationResultRead.of(evaluation, evaluation_id=evaluation.id)


def _registry(enterprise: Enterprise) -> BasicRegistryRead:
    return BasicRegistryRead.of(enterprise)


def _portfolio(portfolio: Portfolio) -> IpPortfolioRead:
    return IpPortfolioRead.of(portfolio)


def _shown(found: CreditFile, tx: Tx, uplift_rules: RuleSet, book: RuleBook) -> CreditFileRead:
    return CreditFileRead(
        application=detailed(found.application, tx, book, found.consents),
        consent_id=found.consent_id,
        given=list(found.given),
        withheld=list(found.withheld),
        answer_due_on=found.application.answer_due_on,
        days_left=found.days_left,
        overdue=found.days_left < 0 and found.application.answered_at is None,
        available_fen=found.available_fen,
        snapshot=_result(found.snapshot),
        current=_result(found.current),
        uplift_legal_basis=LegalBasisRead.of(uplift_rules.header.legal_basis),
        superseded=found.snapshot.id != found.current.id,
        last_read_at=found.last_read_at,
        flagged_since=found.flagged_since,
        changes=found.changes,
        evaluation_detail=found.detail,
        basic_registry=None if found.enterprise is None else _registry(found.enterprise),
        ip_portfolio=None if found.portfolio is None else _portfolio(found.portfolio),
    )


@router.get(
    "/loan-applications/{application_id}/credit-file",
    response_model=CreditFileRead,
    responses=refusals(RULE_SET_NOT_HELD, FORBIDDEN_ROLE, NOT_FOUND, CONSENT_MISSING, CONSENT_EXPIRED, CONSENT_REVOKED),
)
@edge(scope="credit.application:read", row="bank", summary_zh="银行查阅企业授信资料（按授权范围，留痕）", audited=True)
async def read_credit_file(application_id: UUID, tx: Tx, book: Shelf) -> Response:
    """Read what the firm allows of one application; each read, also a refused one, is audited."""
    found = await usecases.read_credit_file(tx, application_id)
    _, uplift_rules = await rule_sets_of(tx, found.snapshot, book)
    return answered(_shown(found, tx, uplift_rules, book))
