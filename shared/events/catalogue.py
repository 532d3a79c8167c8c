"""Every event of the suite by subject; a subject that is not here is not published."""

from shared.events import finance, gateway, ipr, registry, rule_set, techtransfer
from shared.events.event import Event

PUBLISHERS = ("registry", "finance", "techtransfer", "ipr", "gateway")


def _declared() -> dict[str, type[Event]]:
    found: dict[str, type[Event]] = {}
    for module in (registry, finance, techtransfer, ipr, gateway, rule_set):
        for one in vars(module).values():
            if isinstance(one, type) and issubclass(one, Event) and "subject" in vars(one):
                if found.setdefault(one.subject, one) is not one:
                    raise TypeError(f"two classes share the subject {one.subject}")
                if one.publisher() not in PUBLISHERS:
                    raise TypeError(f"{one.subject} names no service")
    return dict(sorted(found.items()))


CATALOGUE: dict[str, type[Event]] = _declared()
"""Subject → class, sorted by subject."""


def stream_of(service: str) -> str:
    """Return the name of the JetStream stream that `service` owns."""
    return service.upper()
