"""What the registry hears from finance."""

from services.registry.enterprise.usecases.credit_standing import hold_standings
from shared.bus.subscription import Mode, Subscription
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.finance import EvaluationCompleted


async def on_evaluations_completed(tx: Transaction, events: list[Envelope[EvaluationCompleted]]) -> None:
    """Keep the last grade and limit for the page of an enterprise."""
    await hold_standings(tx, events)


SUBSCRIPTIONS = [
    Subscription(
        handler_name="registry.credit_standing",
        event=EvaluationCompleted,
        handle=on_evaluations_completed,
        mode=Mode.BATCH,
    )
]
