"""What goes over the wire is CloudEvents 1.0, and what is not ours is refused with the reason."""

import re
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events.catalogue import CATALOGUE, PUBLISHERS, stream_of
from shared.events.envelope import EnvelopeInvalid, Recorded, from_wire, to_wire
from shared.events.event import EventKind
from shared.events.gateway import ClientChanged
from shared.kernel.ids import new_id

AT = datetime(2026, 11, 23, 2, 0, 0, 123456, tzinfo=UTC)


def recorded(event: ClientChanged, **values: Any) -> Recorded:
    given: dict[str, Any] = {
        "position": 1,
        "id": new_id(),
        "subject": event.subject,
        "aggregate": event.aggregate,
        "aggregate_id": event.aggregate_id,
        "version": 7,
        "sequence": 3,
        "occurred_at": AT,
        "causation_id": new_id(),
        "request_id": None,
        "traceparent": None,
        "data": event.model_dump_json(),
        **values,
    }
    return Recorded(**given)


def client(**values: Any) -> ClientChanged:
    given = {"client_id": "bank-a", "role": "bank", "status": "ACTIVE", "party": None, "unit_id": None, **values}
    return ClientChanged(**given)


@given(name=st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=18), version=st.integers(1, 2**62))
def test_what_was_written_is_read_again(name: str, version: int) -> None:
    event = client(client_id=name, party=name)
    row = recorded(event, version=version, request_id="r-1")
    envelope = from_wire(to_wire(row), ClientChanged)
    assert envelope.data == event
    assert (envelope.id, envelope.version, envelope.sequence) == (row.id, version, 3)
    assert (envelope.time, envelope.causation_id, envelope.request_id) == (AT, row.causation_id, "r-1")


def test_the_document_has_the_attributes_of_cloudevents_and_none_that_is_null() -> None:
    document = orjson.loads(to_wire(recorded(client())))
    assert document["specversion"] == "1.0"
    assert document["type"] == "gateway.client.changed.v1"
    assert document["source"] == "/kechuang/gateway"
    assert document["subject"] == "client/bank-a"
    assert document["datacontenttype"] == "application/json"
    # Names of attributes are lower-case letters and digits.
    assert all(re.fullmatch("[a-z0-9]+", name) for name in document)
    assert None not in [value for name, value in document.items() if name != "data"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"specversion": "0.3"}, "CloudEvents"),
        ({"type": "gateway.client.changed.v2"}, "type is"),
        ({"source": "/kechuang/ipr"}, "not the owner"),
        ({"aggregateid": "bank-b"}, "aggregateid is"),
        ({"version": 0}, "version"),
        ({"version": "many"}, "version"),
        ({"sequence": 0}, "sequence"),
        ({"id": "x"}, "id"),
        ({"data": None}, "data|valid"),
        ({"data": {"client_id": "bank-a"}}, "role"),
    ],
)
def test_a_document_that_is_not_the_owners_event_is_refused(change: dict[str, Any], reason: str) -> None:
    document = {**orjson.loads(to_wire(recorded(client()))), **change}
    with pytest.raises(EnvelopeInvalid, match=reason):
        from_wire(orjson.dumps(document), ClientChanged)


@pytest.mark.parametrize("payload", [b"", b"not json", b"[]", b"null", b"\xff", b"{}", b"[" * 5000])
def test_rubbish_is_refused_and_never_an_error_of_ours(payload: bytes) -> None:
    with pytest.raises(EnvelopeInvalid):
        from_wire(payload, ClientChanged)


@pytest.mark.parametrize("missing", ["id", "time", "aggregate", "aggregateid", "version", "sequence", "causationid"])
def test_a_missing_attribute_is_named(missing: str) -> None:
    document = orjson.loads(to_wire(recorded(client())))
    del document[missing]
    with pytest.raises(EnvelopeInvalid, match=missing):
        from_wire(orjson.dumps(document), ClientChanged)


def test_a_field_that_a_newer_publisher_adds_is_ignored() -> None:
    document = orjson.loads(to_wire(recorded(client())))
    document["data"]["added_later"] = 1
    assert from_wire(orjson.dumps(document), ClientChanged).data == client()


@pytest.mark.parametrize("subject", sorted(CATALOGUE))
def test_every_event_is_named_by_rule_and_known_by_its_key(subject: str) -> None:
    event = CATALOGUE[subject]
    assert re.fullmatch(r"[a-z]+\.[a-z_]+\.[a-z_]+\.v[1-9][0-9]*", subject)
    assert event.publisher() in PUBLISHERS
    assert event.ordering in EventKind
    assert event.key
    assert set(event.key) <= set(event.model_fields)
    assert stream_of(event.publisher()) == event.publisher().upper()
    assert (event.__doc__ or "").strip()
