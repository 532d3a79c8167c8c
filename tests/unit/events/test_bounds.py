"""Whatever an event carries has an end: no listener is handed more than it can keep."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from shared.events.catalogue import CATALOGUE
from shared.events.envelope import Envelope, EnvelopeInvalid, from_wire
from shared.events.event import MAX_EVENT_BYTES
from shared.events.registry import EnterpriseChanged
from shared.kernel.uscc import check_character
from tests.support.bus import on_wire
from tests.support.pair import named

_LONGEST_FORMAT = 40
_HAS_END: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "boolean": lambda _: True,
    "null": lambda _: True,
    "string": lambda one: "maxLength" in one or "enum" in one or one.get("format") in {"uuid", "date", "date-time"},
    "integer": lambda one: "minimum" in one and "maximum" in one,
    "array": lambda one: "maxItems" in one,
    "object": lambda one: not one.get("additionalProperties"),
}
"""Kind of a schema → whether what conforms has an end; any other kind has none."""


def boundless(schema: Mapping[str, Any], defs: Mapping[str, Any], where: str) -> Iterator[str]:
    """Yield the places of a schema that have no end."""
    if "$ref" in schema:
        yield from boundless(defs[schema["$ref"].rsplit("/", 1)[1]], defs, where)
    elif "anyOf" in schema:
        for one in schema["anyOf"]:
            yield from boundless(one, defs, where)
    else:
        kind = str(schema.get("type"))
        if not _HAS_END.get(kind, lambda _: False)(schema):
            yield f"{where}: a {kind} without an end"
        if kind == "array":
            yield from boundless(schema["items"], defs, f"{where}[]")
        for name, one in schema.get("properties", {}).items():
            yield from boundless(one, defs, f"{where}.{name}")


def largest(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> int:
    """Return the most bytes that a conforming value takes as JSON: a character takes six at most."""
    if "$ref" in schema:
        return largest(defs[schema["$ref"].rsplit("/", 1)[1]], defs)
    if "anyOf" in schema:
        return max(largest(one, defs) for one in schema["anyOf"])
    if schema["type"] == "string":
        return 2 + 6 * int(schema.get("maxLength", _LONGEST_FORMAT))
    if schema["type"] == "array":
        return 2 + int(schema["maxItems"]) * (1 + largest(schema["items"], defs))
    if schema["type"] == "object":
        return 2 + sum(4 + len(name) + largest(one, defs) for name, one in schema["properties"].items())
    return 20


@pytest.mark.parametrize("subject", sorted(CATALOGUE))
def test_every_text_number_and_list_of_an_event_has_an_end(subject: str) -> None:
    schema = CATALOGUE[subject].model_json_schema(mode="serialization")
    assert list(boundless(schema, schema.get("$defs", {}), "")) == []
    # What keeps its bounds fits into a message of the broker.
    assert largest(schema, schema.get("$defs", {})) < MAX_EVENT_BYTES


def test_the_envelope_has_an_end_too() -> None:
    schema = Envelope[EnterpriseChanged].model_json_schema()
    assert list(boundless(schema, schema.get("$defs", {}), "")) == []


@pytest.mark.planted
def test_a_field_without_an_end_would_be_found() -> None:
    for schema in ({"type": "string"}, {"type": "integer", "minimum": 0}, {"type": "array", "items": {"type": "null"}}):
        assert list(boundless({"type": "object", "properties": {"name": schema}}, {}, "")) != []


@pytest.mark.parametrize("subject", sorted(CATALOGUE))
def test_a_listener_refuses_each_text_that_is_longer_than_its_bound(subject: str) -> None:
    event = CATALOGUE[subject]
    tried = 0
    for name, schema in event.model_json_schema(mode="serialization")["properties"].items():
        for one in (schema, *schema.get("anyOf", ())):
            if "maxLength" in one:
                with pytest.raises(ValidationError, match=rf"{name}\n  String should have at most {one['maxLength']} "):
                    event.model_validate({name: "x" * (one["maxLength"] + 1)})
                tried += 1
    assert tried


def test_a_name_of_nine_hundred_thousand_characters_is_refused_by_whoever_listens() -> None:
    code = "91500107BB0000001" + check_character("91500107BB0000001")
    document = orjson.loads(on_wire(named(code, "名称"), version=1, sequence=1))
    assert from_wire(orjson.dumps(document), EnterpriseChanged).data.name == "名称"
    for field, value in (("name", "名" * 900_000), ("name", "名" * 201), ("uscc", "9" * 19)):
        longer = {**document, "data": {**document["data"], field: value}}
        with pytest.raises(EnvelopeInvalid, match=field):
            from_wire(orjson.dumps(longer), EnterpriseChanged)
    with pytest.raises(ValidationError, match="name"):
        named(code, "名" * 201)
