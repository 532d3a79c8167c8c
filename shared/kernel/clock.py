"""The one place that reads the wall clock; everything else is given its time."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Something that tells the instant, always in UTC."""

    def now(self) -> datetime:
        """Return the present instant with the time zone UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's time in UTC."""
        return datetime.now(UTC)  # noqa: TID251  # the one allowed reading


@dataclass(slots=True)
class FixedClock:
    """A clock that stands still until it is advanced; for tests and the sandbox."""

    at: datetime

    def now(self) -> datetime:
        """Return the set instant."""
        return self.at

    def advance(self, by: timedelta) -> None:
        """Move the clock forward."""
        self.at += by


def shanghai_date(instant: datetime) -> date:
    """Return the calendar date in Asia/Shanghai, which every `…_on` field uses."""
    return instant.astimezone(SHANGHAI).date()
