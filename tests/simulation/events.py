"""Made-up events of two services: states and happenings of one aggregate, and what a handler answers them with."""

from typing import ClassVar

from shared.events.event import Event, EventKind


class _FirmEvent(Event):
    """Fields of every event of a firm; `label` is unique over a history."""

    aggregate: ClassVar[str] = "firm"
    key: ClassVar[tuple[str, ...]] = ("firm",)

    firm: str
    label: str


class FirmChanged(_FirmEvent):
    """The state of a firm, held elsewhere as a projection."""

    subject: ClassVar[str] = "registry.firm.changed.v1"
    ordering: ClassVar[EventKind] = EventKind.STATE


class TitleChanged(_FirmEvent):
    """Another state of a firm, handled singly."""

    subject: ClassVar[str] = "registry.title.changed.v1"
    ordering: ClassVar[EventKind] = EventKind.STATE


class MarkSet(_FirmEvent):
    """Something that happened to a firm."""

    subject: ClassVar[str] = "registry.mark.set.v1"
    ordering: ClassVar[EventKind] = EventKind.HAPPENING


class LineChanged(Event):
    """What the listener made of the marks: a state of its own."""

    subject: ClassVar[str] = "finance.line.changed.v1"
    ordering: ClassVar[EventKind] = EventKind.STATE
    aggregate: ClassVar[str] = "line"
    key: ClassVar[tuple[str, ...]] = ("firm",)

    firm: str
    label: str


class NoteMade(Event):
    """What the listener answers each mark with."""

    subject: ClassVar[str] = "finance.note.made.v1"
    ordering: ClassVar[EventKind] = EventKind.HAPPENING
    aggregate: ClassVar[str] = "line"
    key: ClassVar[tuple[str, ...]] = ("firm",)

    firm: str
    label: str
