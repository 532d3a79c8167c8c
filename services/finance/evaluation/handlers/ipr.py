"""What finance hears from ipr: the IP summary of a firm, as a projection in batches."""

from services.finance.evaluation.handlers.registry import held_fields, mark_changed
from services.finance.evaluation.models.portfolio import Portfolio
from services.finance.evaluation.store import portfolio
from shared.bus.subscription import Mode, Subscription
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.ipr import PortfolioChanged


async def on_portfolios_changed(tx: Transaction, events: list[Envelope[PortfolioChanged]]) -> None:
    """Hold the newest IP summary of each firm."""
    rows = [held_fields(event, Portfolio, event.data.model_dump(mode="json")) for event in events]
    await mark_changed(tx, events, await portfolio.upsert(tx, rows))


SUBSCRIPTIONS = [Subscription("finance.portfolio", PortfolioChanged, on_portfolios_changed, Mode.BATCH)]
