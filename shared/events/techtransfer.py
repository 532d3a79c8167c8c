"""Events of techtransfer: what is listed."""

from typing import ClassVar
from uuid import UUID

from shared.events.bounds import Line, Number, Uscc, Word
from shared.events.event import Event, EventKind


class ListingChanged(Event):
    """The public state of an achievement or a need; `noun` is ACHIEVEMENT or NEED."""

    subject: ClassVar[str] = "techtransfer.listing.changed.v1"
    meaning_zh: ClassVar[str] = "一项科技成果或技术需求的公开状态"
    ordering: ClassVar[EventKind] = EventKind.STATE
    aggregate: ClassVar[str] = "listing"
    key: ClassVar[tuple[str, ...]] = ("listing_id",)

    listing_id: UUID
    noun: Word
    status: Word
    title: Line
    key_field: Word | None
    party_uscc: Uscc
    case_no: Number
