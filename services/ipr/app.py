"""Wires ipr: the only place where its rooms meet."""

from fastapi import FastAPI

from services.ipr.examples import EXAMPLES
from services.ipr.refusals import REFUSALS
from services.ipr.right.api import annuity, blemish, document, portfolio, right, right_import, right_status, work_item
from services.ipr.right.handlers import registry
from services.ipr.right.jobs import expiry
from services.ipr.right.jobs import portfolio as sums
from services.ipr.right.jobs import right_import as imports
from services.ipr.right.usecases.ledger import LEDGERS
from services.ipr.right.usecases.lost_case import CASES
from services.ipr.settings import POLICIES, IprSettings
from services.ipr.sheet.api import ip_sheet
from services.ipr.sheet.handlers import finance
from services.ipr.tables import metadata
from shared.bus.subscription import Subscription
from shared.events.rule_set import IprRuleSetPublished
from shared.web.service import ServiceSpec, build_service

__all__ = ["CASES", "LEDGERS", "SUBSCRIPTIONS", "create_app"]

SUBSCRIPTIONS: tuple[Subscription, ...] = (*registry.SUBSCRIPTIONS, *finance.SUBSCRIPTIONS)


def create_app(settings: IprSettings | None = None) -> FastAPI:
    """Return the application; settings are read from the environment unless given."""
    modules = (right, right_status, blemish, annuity, portfolio, right_import, document, ip_sheet, work_item)
    return build_service(
        ServiceSpec(
            name="ipr",
            title="知识产权服务 Intellectual property",
            settings=settings or IprSettings(),
            metadata=metadata,
            routers=[one.router for one in modules],
            subscriptions=SUBSCRIPTIONS,
            jobs=[*imports.JOBS, *sums.JOBS, *expiry.JOBS],
            refusals=REFUSALS,
            policies_dir=POLICIES,
            rule_set_event=IprRuleSetPublished,
            examples=EXAMPLES,
            description="权利登记、法律状态、企业知识产权汇总与清单 / rights, their status, portfolios and sheets.",
        )
    )
