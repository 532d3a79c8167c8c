"""Cases that wait for somebody: which kinds there are, and how near their day is."""

import json
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("work_item.json")


class WorkKind(StrEnum):
    """What kind of case waits."""

    LOAN_APPLICATION = "LOAN_APPLICATION"
    COVER = "COVER"
    REGISTER_APPLICATION = "REGISTER_APPLICATION"
    ANNUAL_FILING = "ANNUAL_FILING"
    RIGHT_ATTESTATION = "RIGHT_ATTESTATION"
    RIGHT_HELD_MOVE = "RIGHT_HELD_MOVE"
    ANNUITY = "ANNUITY"
    ACHIEVEMENT = "ACHIEVEMENT"
    NEED = "NEED"


class DueStatus(StrEnum):
    """How near the day is by which something should be done."""

    OVERDUE = "OVERDUE"
    SOON = "SOON"
    LATER = "LATER"
    NONE = "NONE"
    """No clock runs."""


@cache
def _days() -> dict[str, int]:
    read: dict[str, int] = json.loads(_FILE.read_text(encoding="utf-8"))
    return read


def due_soon_days() -> int:
    """Return how many days ahead of its day a case is due soon; data with its source and confidence beside it.

    Source: K-WORK-01 (docs/rules/kernel.md).
    """
    return _days()["due_soon_days"]


def ahead_days() -> int:
    """Return how many days ahead of its day begins to wait what no act but the calendar brings, such as a yearly fee.

    Source: K-WORK-02 (docs/rules/kernel.md).
    """
    return _days()["ahead_days"]


def last_day_soon(today: date) -> date:
    """Return the last day that is due soon.

    Source: K-WORK-01 (docs/rules/kernel.md).
    """
    return today + timedelta(days=due_soon_days())


def due_status(due_on: date | None, today: date) -> DueStatus:
    """Return how near a day is; the day itself is not overdue.

    Source: K-WORK-01 (docs/rules/kernel.md).
    """
    if due_on is None:
        return DueStatus.NONE
    if due_on < today:
        return DueStatus.OVERDUE
    return DueStatus.SOON if due_on <= last_day_soon(today) else DueStatus.LATER
