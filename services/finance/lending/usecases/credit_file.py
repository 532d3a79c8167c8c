"""What a bank may read of a firm: the consented parts only, each read audited."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.finance.evaluation.models.enterprise import Enterprise
from services.finance.evaluation.models.kv_evaluation import KvEvaluation
from services.finance.evaluation.models.portfolio import Portfolio
from services.finance.evaluation.rules import kv_evaluation as kv_rules
from services.finance.evaluation.usecases.credit_line import left_under
from services.finance.evaluation.usecases.kv_evaluation import explanation
from services.finance.lending.models.loan_application import LoanApplication
from services.finance.lending.store import credit_file as files
from services.finance.partner.rules.consent import ConsentPurpose, ConsentScope, HeldConsent
from services.finance.partner.usecases.consent import opened_by
from shared.db.transaction import Transaction
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND
from shared.policy.decision import open_record

SHOWN = (
    ConsentScope.EVALUATION_RESULT,
    ConsentScope.EVALUATION_DETAIL,
    ConsentScope.BASIC_REGISTRY,
    ConsentScope.IP_PORTFOLIO,
)


@dataclass(frozen=True, slots=True)
class CreditFile:
    """The parts of a credit file; a part without consent is None and its scope stands in `withheld`.

    `consents` are all that the firm ever gave to this bank; `last_read_at` is the bank's read before this one.
    """

    application: LoanApplication
    consent_id: UUID
    given: tuple[str, ...]
    withheld: tuple[str, ...]
    snapshot: KvEvaluation
    current: KvEvaluation
    changes: list[dict[str, object]] | None
    detail: dict[str, Any] | None
    enterprise: Enterprise | None
    portfolio: Portfolio | None
    days_left: int
    available_fen: int
    consents: tuple[HeldConsent, ...]
    last_read_at: datetime | None

    @property
    def flagged_since(self) -> bool:
        """Whether the firm was evaluated anew after the bank's read before this one."""
        raised_at, read_at = self.application.flag_raised_at, self.last_read_at
        return raised_at is not None and read_at is not None and raised_at > read_at


async def read_credit_file(tx: Transaction, application_id: UUID) -> CreditFile:
    """Return what the firm allows the calling bank to see of one application: the frozen snapshot and what changed.

    Raises:
        Refusal: `forbidden_role`; `not_found` (also another bank's); `consent_missing`; `consent_expired`;
            `consent_revoked`.
    """
    tx.actor.party_as(Role.BANK)
    found = await files.find(tx, application_id)
    if found is None:
        raise Refusal(NOT_FOUND, noun="loan_application")
    application, snapshot, current = found.application, found.snapshot, found.current or found.snapshot
    uscc = application.enterprise_uscc
    consent, opened = opened_by(tx, found.consents, enterprise_uscc=uscc, scope=ConsentScope.EVALUATION_RESULT)
    shows_detail = ConsentScope.EVALUATION_DETAIL in opened
    given = tuple(scope.value for scope in SHOWN if scope in opened)
    tx.audit(
        "credit_file.read",
        subject=f"loan_application/{application_id}",
        uscc=uscc,
        purpose=ConsentPurpose.LOAN_APPLICATION.value,
        consent_id=consent.consent_id,
        fields=given,
    )
    return CreditFile(
        application=application,
        consent_id=consent.consent_id,
        given=given,
        withheld=tuple(scope.value for scope in SHOWN if scope not in opened),
        snapshot=snapshot,
        current=current,
        changes=_changes(snapshot, current) if shows_detail else None,
        detail=explanation(snapshot) if shows_detail else None,
        enterprise=found.enterprise if ConsentScope.BASIC_REGISTRY in opened else None,
        portfolio=found.portfolio if ConsentScope.IP_PORTFOLIO in opened else None,
        days_left=(application.answer_due_on - tx.today).days,
        available_fen=left_under(found.line, application.snapshot_limit_fen),
        consents=tuple(found.consents),
        last_read_at=found.last_read_at,
    )


def _changes(before: KvEvaluation, after: KvEvaluation) -> list[dict[str, object]]:
    if before.id == after.id:
        return []
    return kv_rules.differences(open_record(before.record.encode()).facts, open_record(after.record.encode()).facts)
