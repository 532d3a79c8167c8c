"""The envelope of every event on the wire: CloudEvents 1.0 in JSON, with our order and causation beside it."""

from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.events.bounds import Number, Ordinal, Subject, Word
from shared.events.event import Event

E_co = TypeVar("E_co", bound=Event, covariant=True)


class EnvelopeInvalid(ValueError):  # noqa: N818  # says what the payload is
    """What came over the wire is no event of the catalogue; the reason is the message."""


class Envelope(BaseModel, Generic[E_co]):
    """One event as it was published.

    Attributes:
        id: also the `Nats-Msg-Id` and the key of the inbox.
        time: when the cause happened, by the publisher's clock; never used for order.
        subject: NATS subject.
        aggregate: noun of the aggregate.
        aggregate_id: which one.
        version: counts all events of the aggregate, from 1.
        sequence: counts the events of the aggregate under this subject, from 1; gaps are judged on it.
        causation_id: the first cause, the same over all hops.
        request_id: the request that caused it, if one did.
        traceparent: W3C trace context.
        data: the event itself.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: UUID
    time: datetime
    subject: Subject
    aggregate: Word
    aggregate_id: Number
    version: Ordinal
    sequence: Ordinal
    causation_id: UUID
    request_id: Number | None
    traceparent: Word | None
    data: E_co


# Made once: naming the kind of an envelope anew costs as much as reading one.
_READ: type[Envelope[Any]] = Envelope[Event]


class Recorded(NamedTuple):
    """One event as the outbox holds it; `data` is its JSON text.

    A tuple: the relay makes one for each row, and a frozen dataclass costs eight times as much to make.
    """

    position: int
    id: UUID
    subject: str
    aggregate: str
    aggregate_id: str
    version: int
    sequence: int
    occurred_at: datetime
    causation_id: UUID
    request_id: str | None
    traceparent: str | None
    data: str


def to_wire(event: Recorded) -> bytes:
    """Return the CloudEvents 1.0 document of an event; its JSON text goes in as it stands in the database."""
    optional = {"requestid": event.request_id, "traceparent": event.traceparent}
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": str(event.id),
            "source": f"/kechuang/{event.subject.split('.', 1)[0]}",
            "type": event.subject,
            "subject": f"{event.aggregate}/{event.aggregate_id}",
            "time": event.occurred_at.isoformat(),
            "datacontenttype": "application/json",
            "dataschema": f"/contracts/events/{event.subject}.json",
            "aggregate": event.aggregate,
            "aggregateid": event.aggregate_id,
            "version": event.version,
            "sequence": event.sequence,
            "causationid": str(event.causation_id),
            # CloudEvents: an attribute is a value or absent, never null.
            **{name: value for name, value in optional.items() if value is not None},
            "data": orjson.Fragment(event.data),
        }
    )


def recorded_from_wire(payload: bytes, service: str) -> Recorded:
    """Return an event of `service` of whichever subject as an outbox would hold it; its position is 0.

    Raises:
        EnvelopeInvalid: not JSON, not a CloudEvents document of ours, or another source.
    """
    try:
        document = orjson.loads(payload)
        if document["source"] != f"/kechuang/{service}":
            raise EnvelopeInvalid(f"source is {document['source']!r}, not {service}")
        return Recorded(
            position=0,
            id=UUID(document["id"]),
            subject=str(document["type"]),
            aggregate=str(document["aggregate"]),
            aggregate_id=str(document["aggregateid"]),
            version=int(document["version"]),
            sequence=int(document["sequence"]),
            occurred_at=datetime.fromisoformat(document["time"]),
            causation_id=UUID(document["causationid"]),
            request_id=document.get("requestid"),
            traceparent=document.get("traceparent"),
            data=orjson.dumps(document["data"]).decode(),
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as fault:
        raise EnvelopeInvalid(f"not an event of {service}: {fault!r}") from fault


def from_wire(payload: bytes, event_class: type[E_co]) -> Envelope[E_co]:
    """Return the envelope in `payload`, its data read as `event_class`.

    Raises:
        EnvelopeInvalid: not JSON, not a CloudEvents document of ours, another type, another source, or data that does
            not fit the class.
    """
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError as fault:
        raise EnvelopeInvalid(f"not JSON: {fault}") from fault
    if not isinstance(document, dict) or document.get("specversion") != "1.0":
        raise EnvelopeInvalid("not a CloudEvents 1.0 document")
    if document.get("type") != event_class.subject:
        raise EnvelopeInvalid(f"type is {document.get('type')!r}, not {event_class.subject!r}")
    if document.get("source") != f"/kechuang/{event_class.publisher()}":
        raise EnvelopeInvalid(f"source is {document.get('source')!r}: not the owner of {event_class.subject}")
    try:
        data = event_class.model_validate(document.get("data"))
        if (document["aggregate"], document["aggregateid"]) != (data.aggregate, data.aggregate_id):
            raise EnvelopeInvalid(f"aggregateid is {document['aggregateid']!r}, its data say {data.aggregate_id!r}")
        return _READ(
            id=document["id"],
            time=document["time"],
            subject=event_class.subject,
            aggregate=document["aggregate"],
            aggregate_id=document["aggregateid"],
            version=document["version"],
            sequence=document["sequence"],
            causation_id=document["causationid"],
            request_id=document.get("requestid"),
            traceparent=document.get("traceparent"),
            data=data,
        )
    except KeyError as fault:
        raise EnvelopeInvalid(f"the field {fault} is missing") from fault
    except ValidationError as fault:
        told = "; ".join(f"{'/'.join(map(str, one['loc']))}: {one['msg']}" for one in fault.errors())
        raise EnvelopeInvalid(told) from fault
