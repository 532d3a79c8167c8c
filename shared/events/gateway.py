"""Events of the gateway: clients."""

from typing import ClassVar

from shared.events.bounds import Number, UnitId, Uscc, Word
from shared.events.event import Event, EventKind


class ClientChanged(Event):
    """An OAuth client was made, changed or suspended; services trust the token only, this is for the record."""

    subject: ClassVar[str] = "gateway.client.changed.v1"
    meaning_zh: ClassVar[str] = "接口客户端被创建、变更或停用，仅作记录"
    ordering: ClassVar[EventKind] = EventKind.STATE
    aggregate: ClassVar[str] = "client"
    key: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Number
    role: Word
    status: Word
    party: Uscc | None
    unit_id: UnitId | None
