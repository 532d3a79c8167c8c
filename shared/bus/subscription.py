"""What a service listens to: one event class, one handler, one way of taking it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.event import Event

SingleHandler = Callable[[Transaction, Envelope[Any]], Awaitable[None]]
BatchHandler = Callable[[Transaction, list[Envelope[Any]]], Awaitable[None]]


class Mode(StrEnum):
    """How events reach the handler."""

    SINGLE = "single"
    """One event, one transaction; the transaction carries the event's causation id."""
    BATCH = "batch"
    """Many events, one transaction, in order; for projections. Each envelope carries its own causation id."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One handler of one event.

    Attributes:
        handler_name: key of the inbox; never change it, or every event takes effect again.
        event: class of the event.
        handle: the handler, single or batch as `mode` says.
        mode: single or batch.
    """

    handler_name: str
    event: type[Event]
    handle: SingleHandler | BatchHandler
    mode: Mode = Mode.SINGLE
