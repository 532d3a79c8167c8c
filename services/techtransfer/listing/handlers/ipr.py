"""What techtransfer hears from ipr: the rights that listings may claim."""

from services.techtransfer.listing.usecases.ip_right import hold_rights
from shared.bus.subscription import Mode, Subscription
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.ipr import RightChanged


async def on_rights_changed(tx: Transaction, events: list[Envelope[RightChanged]]) -> None:
    """Hold the newest state of each right."""
    await hold_rights(tx, events)


SUBSCRIPTIONS = [
    Subscription(handler_name="techtransfer.ip_right", event=RightChanged, handle=on_rights_changed, mode=Mode.BATCH)
]
