"""What ipr hears from the registry: the names and units of enterprises."""

from services.ipr.right.usecases.enterprise import hold_enterprises
from shared.bus.holiday_notice import holiday_notices_of
from shared.bus.subscription import Mode, Subscription
from shared.events.registry import EnterpriseChanged

SUBSCRIPTIONS = [
    Subscription("ipr.hold_enterprises", event=EnterpriseChanged, handle=hold_enterprises, mode=Mode.BATCH),
    holiday_notices_of("ipr"),
]
