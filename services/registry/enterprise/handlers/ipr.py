"""What the registry hears from ipr."""

from services.registry.enterprise.usecases.portfolio import hold_portfolios
from shared.bus.subscription import Mode, Subscription
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.ipr import PortfolioChanged


async def on_portfolios_changed(tx: Transaction, events: list[Envelope[PortfolioChanged]]) -> None:
    """Keep the IP summaries that conditions and evaluations look at."""
    await hold_portfolios(tx, events)


SUBSCRIPTIONS = [
    Subscription(
        handler_name="registry.portfolio", event=PortfolioChanged, handle=on_portfolios_changed, mode=Mode.BATCH
    )
]
