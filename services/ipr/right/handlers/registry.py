"""What ipr hears from the registry: the names and units of enterprises."""

from services.ipr.right.usecases.enterprise import hold_enterprises
from shared.bus.subscription import Mode, Subscription
from shared.events.registry import EnterpriseChanged

SUBSCRIPTIONS = [
    Subscription("ipr.hold_enterprises", event=EnterpriseChanged, handle=hold_enterprises, mode=Mode.BATCH),
]
