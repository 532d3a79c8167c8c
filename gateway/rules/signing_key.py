"""Which key signs now, which is announced, and which is withdrawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

ANNOUNCED_BEFORE = timedelta(hours=1)
"""A key is published this long before it signs: services fetch the keys every five minutes."""
PUBLISHED_AFTER = timedelta(minutes=30)
"""A key stays published this long after it signed last: no token lives longer than ten minutes."""


@dataclass(frozen=True, slots=True)
class KeyPeriod:
    """When one key signs: from the first instant, before the second."""

    kid: str
    signs_from_at: datetime
    signs_until_at: datetime


def signing(periods: Sequence[KeyPeriod], now: datetime) -> KeyPeriod | None:
    """Return the period of the key that signs at `now`.

    Source: G-KEY-01 (docs/rules/gateway.md).
    """
    return next((period for period in periods if period.signs_from_at <= now < period.signs_until_at), None)


def published(periods: Sequence[KeyPeriod], now: datetime) -> list[KeyPeriod]:
    """Return the periods of the keys that must be published at `now`.

    Source: G-KEY-02 (docs/rules/gateway.md).
    """
    return [period for period in periods if now < period.signs_until_at + PUBLISHED_AFTER]


def next_period(periods: Sequence[KeyPeriod], *, kid: str, now: datetime, days: int) -> KeyPeriod | None:
    """Return the period of a new key if one must be made at `now`: there is none, or the last one ends within the hour.

    Source: G-KEY-03 (docs/rules/gateway.md).
    """
    last = max((period.signs_until_at for period in periods), default=now)
    if last - now > ANNOUNCED_BEFORE:
        return None
    begins = max(last, now)
    return KeyPeriod(kid, begins, begins + timedelta(days=days))
