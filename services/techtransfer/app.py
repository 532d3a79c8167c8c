"""Wires techtransfer: the only place where its rooms meet."""

from fastapi import FastAPI

from services.techtransfer.examples import EXAMPLES
from services.techtransfer.listing.api import achievement, listing, listing_import, need, work_item
from services.techtransfer.listing.handlers import ipr, registry
from services.techtransfer.listing.jobs import expiry
from services.techtransfer.listing.jobs import listing_import as imports
from services.techtransfer.listing.store.ledger import LEDGERS
from services.techtransfer.refusals import REFUSALS
from services.techtransfer.settings import POLICIES, TechtransferSettings
from services.techtransfer.tables import metadata
from shared.bus.subscription import Subscription
from shared.events.rule_set import TechtransferRuleSetPublished
from shared.web.service import ServiceSpec, build_service

__all__ = ["LEDGERS", "SUBSCRIPTIONS", "create_app"]

SUBSCRIPTIONS: tuple[Subscription, ...] = (*registry.SUBSCRIPTIONS, *ipr.SUBSCRIPTIONS)


def create_app(settings: TechtransferSettings | None = None) -> FastAPI:
    """Return the application; settings are read from the environment unless given."""
    return build_service(
        ServiceSpec(
            name="techtransfer",
            title="技术转移服务 Technology transfer",
            settings=settings or TechtransferSettings(),
            metadata=metadata,
            routers=[
                achievement.router,
                need.router,
                listing.router,
                listing_import.achievements,
                listing_import.needs,
                work_item.router,
            ],
            subscriptions=SUBSCRIPTIONS,
            jobs=[*expiry.JOBS, *imports.JOBS],
            refusals=REFUSALS,
            policies_dir=POLICIES,
            rule_set_event=TechtransferRuleSetPublished,
            examples=EXAMPLES,
            description="科技成果与技术需求的登记、审核与发布 / achievements and needs: posted, reviewed, published.",
        )
    )
