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


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation does.

    Attributes:
        made: the period of the new key.
        ended: the other keys' periods as they are from now on, only those that change.
    """

    made: KeyPeriod
    ended: tuple[KeyPeriod, ...]


def rotate(periods: Sequence[KeyPeriod], *, kid: str, now: datetime, days: int, at_once: bool) -> Rotation:
    """Return what must happen so that a new key signs.

    In order it is announced first, so no token is lost. At once, because a key has leaked, it signs now, and every
    other key is withdrawn together with the tokens it signed.

    Source: G-KEY-04 (docs/rules/gateway.md).
    """
    begins = now if at_once else now + ANNOUNCED_BEFORE
    end = now - PUBLISHED_AFTER if at_once else begins
    # A period is never empty: a key that was only announced keeps one that is over before anybody could ask.
    ended = tuple(
        KeyPeriod(one.kid, min(one.signs_from_at, end - timedelta.resolution), end)
        for one in periods
        if one.signs_until_at > end
    )
    return Rotation(KeyPeriod(kid, begins, begins + timedelta(days=days)), ended)


def status(period: KeyPeriod, now: datetime) -> str:
    """Return where a key stands at `now`: ANNOUNCED, SIGNING, PUBLISHED (signs no more, its tokens live) or WITHDRAWN.

    Source: G-KEY-02 (docs/rules/gateway.md).
    """
    if not published([period], now):
        return "WITHDRAWN"
    if now < period.signs_from_at:
        return "ANNOUNCED"
    return "SIGNING" if now < period.signs_until_at else "PUBLISHED"
