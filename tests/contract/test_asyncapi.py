"""The AsyncAPI document says who publishes and who hears each event, and its examples are events."""

from typing import Any

import jsonschema_rs
import orjson
import pytest

from shared.events.catalogue import CATALOGUE
from shared.events.envelope import from_wire
from shared.kernel import uscc
from tests.architecture.test_map import listeners
from tests.support.contracts import described


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document of today."""
    return described()["asyncapi.json"]


def test_there_is_one_channel_a_subject_and_one_sender_a_channel(document: dict[str, Any]) -> None:
    channels = document["channels"]
    assert {channel["address"] for channel in channels.values()} == set(CATALOGUE) == set(channels)
    sends = [name for name, operation in document["operations"].items() if operation["action"] == "send"]
    assert sorted(sends) == sorted(f"{subject.split('.')[0]}.sends.{subject}" for subject in CATALOGUE)
    assert list(document["servers"]) == ["nats"]


def test_everyone_who_subscribes_is_told_of_and_nobody_else(document: dict[str, Any]) -> None:
    receives = {name for name, operation in document["operations"].items() if operation["action"] == "receive"}
    assert receives == {f"{service}.receives.{subject}" for subject, service in listeners()}


@pytest.mark.parametrize("subject", sorted(CATALOGUE))
def test_the_example_of_a_message_fits_its_schema_and_is_read_as_its_event(
    subject: str, document: dict[str, Any]
) -> None:
    message = document["components"]["messages"][subject]
    schema = {**message["payload"], "components": {"schemas": document["components"]["schemas"]}}
    (example,) = message["examples"]
    payload = example["payload"]
    assert [fault.message for fault in jsonschema_rs.Draft202012Validator(schema).iter_errors(payload)] == []
    envelope = from_wire(orjson.dumps(payload), CATALOGUE[subject])
    assert envelope.subject == subject
    assert str(envelope.id) == example["headers"]["Nats-Msg-Id"]
    codes = [value for name, value in payload["data"].items() if name.endswith("uscc")]
    assert all(uscc.is_valid(code) for code in codes)


@pytest.mark.parametrize("subject", sorted(CATALOGUE))
def test_every_event_is_told_in_both_languages(subject: str, document: dict[str, Any]) -> None:
    told = document["channels"][subject]["description"]
    chinese, _, english = told.partition(" / ")
    assert any("一" <= mark <= "鿿" for mark in chinese)
    assert english
    assert english[0].isascii()
