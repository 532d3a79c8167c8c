"""Wires the registry: the only place where its rooms meet."""

from fastapi import FastAPI

from services.registry.catalogue.api import holiday_notice, holiday_notice_import
from services.registry.catalogue.jobs import imports as catalogue_imports
from services.registry.catalogue.usecases import lost_case as lost_notices
from services.registry.enterprise.api import (
    document,
    enterprise,
    enterprise_import,
    filing,
    filing_import,
    qualification,
    size_class,
    unit,
)
from services.registry.enterprise.handlers import finance, ipr
from services.registry.enterprise.jobs import expiry, imports, size_classes, units
from services.registry.enterprise.usecases import ledger as enterprise_ledger
from services.registry.enterprise.usecases import lost_case as lost_enterprises
from services.registry.evaluation.api import population_run, tech_sme_evaluation
from services.registry.evaluation.jobs import population_clearing
from services.registry.evaluation.jobs import population_run as population_runs
from services.registry.evaluation.usecases import ledger as evaluation_ledger
from services.registry.examples import EXAMPLES
from services.registry.ladder.api import register_application, work_item
from services.registry.ladder.usecases import ledger as ladder_ledger
from services.registry.refusals import REFUSALS
from services.registry.settings import POLICIES, RegistrySettings
from services.registry.tables import Base
from shared.bus.subscription import Subscription
from shared.db.lost_case import CaseKind
from shared.db.verification import Check, Walk, numbers_are_counted
from shared.events.rule_set import RegistryRuleSetPublished
from shared.web.service import ServiceSpec, build_service

SUBSCRIPTIONS: tuple[Subscription, ...] = (*ipr.SUBSCRIPTIONS, *finance.SUBSCRIPTIONS)
CASES: tuple[CaseKind, ...] = (*lost_enterprises.CASES, *lost_notices.CASES)
"""What others hold of the registry."""
LEDGERS: tuple[Check | Walk, ...] = (
    *enterprise_ledger.LEDGERS,
    *evaluation_ledger.LEDGERS,
    *ladder_ledger.LEDGERS,
    numbers_are_counted("register_application"),
)
"""What must find nothing."""


def create_app(settings: RegistrySettings | None = None) -> FastAPI:
    """Return the application; settings are read from the environment unless given."""
    return build_service(
        ServiceSpec(
            name="registry",
            title="科技型企业登记服务 Registry",
            settings=settings or RegistrySettings(),
            metadata=Base.metadata,
            routers=[
                enterprise.router,
                filing.router,
                qualification.router,
                size_class.router,
                register_application.router,
                work_item.router,
                tech_sme_evaluation.router,
                population_run.router,
                enterprise_import.router,
                filing_import.router,
                unit.router,
                document.router,
                holiday_notice.router,
                holiday_notice_import.router,
            ],
            subscriptions=SUBSCRIPTIONS,
            jobs=[
                *imports.JOBS,
                *catalogue_imports.JOBS,
                *expiry.JOBS,
                *units.JOBS,
                *size_classes.JOBS,
                *population_runs.JOBS,
                *population_clearing.JOBS,
            ],
            refusals=REFUSALS,
            policies_dir=POLICIES,
            rule_set_event=RegistryRuleSetPublished,
            examples=EXAMPLES,
            description=(
                "企业、年度数据、称号与两类名录：市级科技型企业和国家科技型中小企业 / "
                "enterprises, filings, titles and both registers."
            ),
        )
    )
