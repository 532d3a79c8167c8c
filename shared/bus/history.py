"""Compares what a stream holds with what its owner's outbox knows: a restored backup must not publish over the lost."""

import asyncio
from collections.abc import Collection

import structlog
from nats.js import JetStreamContext
from nats.js.errors import APIError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.bus.metrics import HISTORY_REGRESSED
from shared.db import history, outbox
from shared.events.catalogue import CATALOGUE, stream_of
from shared.events.envelope import EnvelopeInvalid, Recorded, from_wire, recorded_from_wire
from shared.events.signature import HEADER, Proof, SignatureInvalid
from shared.events.trust import Trust

REACH = 500
"""How many of the last records are compared: as many as one batch, within which commits may stand in another order."""
_AT_ONCE = 50
_NUL = rb"\u0000"
_LARGEST = 2**63 - 1
_log = structlog.stdlib.get_logger(__name__)


async def read_back(
    js: JetStreamContext, trust: Trust | None, service: str, *, first: int, last: int
) -> dict[int, Recorded]:
    """Return the events of `service` that its stream holds from `first` to `last`, by their sequence.

    What cannot be read, or was not signed by the service, is left out.

    Args:
        js: of the service.
        trust: whom an event is believed from; None believes what it says.
        service: whose stream it is.
        first: lowest sequence.
        last: highest sequence.

    Raises:
        nats.errors.Error: the broker went away.
    """
    found: dict[int, Recorded] = {}
    for start in range(first, last + 1, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, last + 1))
        read = await asyncio.gather(*(_read(js, trust, service, number) for number in numbers))
        found |= {number: one for number, one in zip(numbers, read, strict=True) if one is not None}
    return found


async def _read(js: JetStreamContext, trust: Trust | None, service: str, number: int) -> Recorded | None:
    try:
        message = await js.get_msg(stream_of(service), number)
        payload, stored_at = message.data or b"", message.time
        # Whoever can store an event here must not be able to close the service with it.
        if trust is not None and stored_at is not None:
            proof = Proof((message.headers or {}).get(HEADER), stored_at, number)
            trust.check(message.subject or "", payload, proof)
        return _own_event(payload, service)
    except (APIError, EnvelopeInvalid, SignatureInvalid):  # gone, damaged or not ours: it says nothing of the history
        return None


async def unjudged(
    js: JetStreamContext, trust: Trust, connection: AsyncConnection, service: str, *, last: int, highest: int
) -> dict[int, Recorded]:
    """Return the events at the end of the stream of which the database does not know what they are, by sequence.

    The relay asks it before it publishes; who accepts a break asks the same before he says that all is open.

    Args:
        js: the broker.
        trust: whom an event is believed from; what the service did not sign closes nothing.
        connection: of the database.
        service: whose both are.
        last: last sequence of the stream.
        highest: highest sequence that the outbox knows to be acknowledged.
    """
    held = await read_back(js, trust, service, first=max(1, last - REACH + 1, min(highest + 1, last)), last=last)
    # A crash between an acknowledgement and its mark also leaves the stream ahead, of ids that the outbox has.
    judged = await outbox.judged(connection, [one.id for one in held.values()])
    return {number: one for number, one in held.items() if one.id not in judged}


def _own_event(payload: bytes, service: str) -> Recorded:
    """Return the event in `payload` if an outbox of `service` can have held it.

    Raises:
        EnvelopeInvalid: no such event: rubbish in the stream must not look like a lost past.
    """
    recorded = recorded_from_wire(payload, service)
    event_class = CATALOGUE.get(recorded.subject)
    if event_class is None:
        raise EnvelopeInvalid(f"{recorded.subject} is no event of ours")
    from_wire(payload, event_class)
    if _NUL in payload or max(recorded.version, recorded.sequence) > _LARGEST:
        raise EnvelopeInvalid("no database of ours can hold it")
    return recorded


class StreamHistory:
    """What the relay knows of the agreement between stream and outbox."""

    def __init__(self, js: JetStreamContext, service: str, trust: Trust) -> None:
        """Name the parts."""
        self._js = js
        self._service = service
        self._trust = trust
        self._agreed: int | None = None

    def doubt(self) -> None:
        """Compare again: the connection to the database or to the broker is a new one."""
        self._agreed = None

    async def kept(self, connection: AsyncConnection, *, first: int, last: int) -> int:
        """Return up to which sequence the stream holds what the outbox says it holds from `first` on; `last` if all.

        After a loss fresh events get the numbers of those that are gone, and the stream looks whole again: only the
        event behind a number tells.
        """
        claims = await outbox.claims(connection, first=first, last=last, limit=REACH)
        for rank, (sequence, ids) in enumerate(claims):
            # By its id alone: what was published before events were signed is still there.
            held = (await read_back(self._js, None, self._service, first=sequence, last=sequence)).get(sequence)
            if held is not None and ids == {held.id}:
                return last if rank == 0 else sequence
        return 0 if claims else last

    async def agrees(self, connection: AsyncConnection, *, last: int, highest: int) -> bool:
        """Tell whether the outbox knows the end of the stream; a break is noted for every process.

        Args:
            connection: the relay's own.
            last: last sequence of the stream.
            highest: highest sequence that the outbox knows to be acknowledged.
        """
        if await history.open_break(connection) is not None:
            HISTORY_REGRESSED.labels(self._service).set(1)
            self._agreed = None
            return False
        HISTORY_REGRESSED.labels(self._service).set(0)
        if self._agreed is not None and last <= max(self._agreed, highest):
            return True
        unknown = list(
            (await unjudged(self._js, self._trust, connection, self._service, last=last, highest=highest)).values()
        )
        if not unknown:
            self._agreed = last
            return True
        await self._note(connection, unknown, known=highest, last=last)
        return False

    async def foreign_among(self, connection: AsyncConnection, *, known: int, acked: Collection[int]) -> bool:
        """Tell whether somebody else's event stands among those that were just published; a break is noted.

        The relay alone publishes: a number between its own was given to an event of which it may know nothing. Looked
        at from the end of the stream it would be hidden behind the next event of the service.

        Args:
            connection: the relay's own.
            known: highest sequence that the outbox knew to be acknowledged before.
            acked: the sequences that were acknowledged now.
        """
        own = sorted(one for one in acked if one > known)
        if not own or len(own) == own[-1] - known:
            return False
        between = set(range(max(known + 1, own[0] - REACH), own[-1] + 1)) - set(own)
        if not between:
            return False
        read = await read_back(self._js, self._trust, self._service, first=min(between), last=max(between))
        held = [one for number, one in sorted(read.items()) if number in between]
        judged = await outbox.judged(connection, [one.id for one in held])
        unknown = [one for one in held if one.id not in judged]
        if unknown:
            await self._note(connection, unknown, known=known, last=own[-1])
        return bool(unknown)

    async def _note(self, connection: AsyncConnection, unknown: list[Recorded], *, known: int, last: int) -> None:
        await history.note_break(connection, known=known, last=last, event_id=unknown[0].id)
        HISTORY_REGRESSED.labels(self._service).set(1)
        _log.error(
            "history_regressed",
            service=self._service,
            known_sequence=known,
            last_sequence=last,
            unknown=len(unknown),
            event_id=str(unknown[0].id),
            zh="数据库早于已发布的事件，变更与发布已停止；请执行 make accept-restore",
            en="the database is older than what was published; changes and publishing stand; run make accept-restore",
        )
