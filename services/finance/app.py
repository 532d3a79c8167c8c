"""Wires finance: the only place where its rooms meet."""

from fastapi import FastAPI

from services.finance.base import metadata
from services.finance.evaluation.api import credit_line, kv_evaluation
from services.finance.evaluation.handlers import ipr, registry
from services.finance.evaluation.jobs import kv_evaluation as settle
from services.finance.evaluation.usecases import ledger as evaluation_ledger
from services.finance.examples import EXAMPLES
from services.finance.fund.api import document, fund_account
from services.finance.lending.api import cover, credit_file, drawdown, loan, loan_application, lpr, work_item
from services.finance.lending.jobs import expiry
from services.finance.lending.store import ledger
from services.finance.lending.usecases import ledger as lending_ledger
from services.finance.lending.usecases.loan_application import flag_open_applications
from services.finance.lending.usecases.lost_case import CASES
from services.finance.partner.api import bank, consent
from services.finance.partner.usecases import ledger as partner_ledger
from services.finance.refusals import REFUSALS
from services.finance.settings import POLICIES, FinanceSettings
from shared.bus.subscription import Subscription
from shared.db.transaction import Reactions
from shared.db.verification import Check, Walk, numbers_are_counted
from shared.events.finance import EvaluationCompleted
from shared.events.rule_set import FinanceRuleSetPublished
from shared.web.service import ServiceSpec, build_service

__all__ = ["CASES", "LEDGERS", "REACTIONS", "SUBSCRIPTIONS", "create_app"]

SUBSCRIPTIONS: tuple[Subscription, ...] = (*registry.SUBSCRIPTIONS, *ipr.SUBSCRIPTIONS)
LEDGERS: tuple[Check | Walk, ...] = (
    *ledger.LEDGERS,
    numbers_are_counted("loan_application"),
    *evaluation_ledger.LEDGERS,
    *partner_ledger.LEDGERS,
    *lending_ledger.LEDGERS,
)
"""What must find nothing."""
REACTIONS: Reactions = {EvaluationCompleted: (flag_open_applications,)}
"""What follows from an event in the transaction that emits it: no lower sub-domain calls a higher one."""


def create_app(settings: FinanceSettings | None = None) -> FastAPI:
    """Return the application; settings are read from the environment unless given."""
    # A call is held against the routes in this order: the hot ones stand first.
    modules = (
        drawdown,
        loan,
        kv_evaluation,
        credit_line,
        consent,
        loan_application,
        credit_file,
        cover,
        work_item,
        fund_account,
        document,
        bank,
        lpr,
    )
    return build_service(
        ServiceSpec(
            name="finance",
            title="知识价值信用贷款服务 Knowledge-value credit",
            settings=settings or FinanceSettings(),
            metadata=metadata,
            routers=[one.router for one in modules],
            subscriptions=SUBSCRIPTIONS,
            reactions=REACTIONS,
            jobs=[*settle.JOBS, *expiry.JOBS],
            refusals=REFUSALS,
            policies_dir=POLICIES,
            rule_set_event=FinanceRuleSetPublished,
            examples=EXAMPLES,
            description="评价、额度、授权、贷款申请、放款与风险补偿备案 / from evaluation to a covered drawdown.",
        )
    )
