"""What techtransfer hears from the registry: who the parties are."""

from services.techtransfer.listing.usecases.party import hold_parties
from shared.bus.holiday_notice import holiday_notices_of
from shared.bus.subscription import Mode, Subscription
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.registry import EnterpriseChanged


async def on_enterprises_changed(tx: Transaction, events: list[Envelope[EnterpriseChanged]]) -> None:
    """Hold the newest state of each enterprise."""
    await hold_parties(tx, events)


SUBSCRIPTIONS = [
    Subscription(
        handler_name="techtransfer.party", event=EnterpriseChanged, handle=on_enterprises_changed, mode=Mode.BATCH
    ),
    holiday_notices_of("techtransfer"),
]
