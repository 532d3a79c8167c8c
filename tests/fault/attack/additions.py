"""Bodies with fields that only answers have, made from an OpenAPI document."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.support.hostile import sample

MANY = 40
"""A problem document names at most fifty fields, so no body gets more additions than this."""
VALUES: dict[str, Any] = {"boolean": True, "integer": 1, "array": [], "object": {}}


@dataclass(frozen=True)
class Addition:
    """A body with foreign fields in one of its objects.

    Attributes:
        body: to be sent.
        pointers: of the foreign fields, each of which must be named in the refusal.
    """

    body: dict[str, Any]
    pointers: tuple[str, ...]


def answer_fields(document: dict[str, Any]) -> dict[str, Any]:
    """Return every field of every shape of the document, with a value of its kind, and what attackers guess."""
    found: dict[str, Any] = {
        "tenant_id": "1",
        "limit": 1,
        "score": 1,
        "role": "city",
        "is_admin": True,
        "__class__": "x",
    }
    for shape in document["components"]["schemas"].values():
        for name, schema in shape.get("properties", {}).items():
            found[name] = VALUES.get(schema.get("type"), "APPROVED")
    return found


def additions(document: dict[str, Any], schema: dict[str, Any]) -> Iterator[Addition]:
    """Yield the body of a write with foreign fields added to each of its objects in turn, some dozens at a time."""
    body, fields = sample(schema, document), answer_fields(document)
    for path in _objects(body):
        own = _known(document, schema, path)
        foreign = [name for name in sorted(fields) if name not in own]
        for start in range(0, len(foreign), MANY):
            names = foreign[start : start + MANY]
            sent = copy.deepcopy(body)
            _at(sent, path).update({name: fields[name] for name in names})
            yield Addition(sent, tuple("/" + "/".join([*(str(step) for step in path), name]) for name in names))


def _objects(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict):
        yield path
        for name, member in value.items():
            yield from _objects(member, (*path, name))
    elif isinstance(value, list):
        for place, member in enumerate(value):
            yield from _objects(member, (*path, place))


def _at(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def _known(document: dict[str, Any], schema: dict[str, Any], path: tuple[str | int, ...]) -> set[str]:
    """Return the names that a shape itself takes at `path`."""
    schema = _resolved(document, schema)
    for step in path:
        schema = _resolved(document, schema["items"] if isinstance(step, int) else schema["properties"][step])
    return set(schema.get("properties", {}))


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" in schema:
        schema = next(one for one in schema["anyOf"] if one.get("type") != "null")
    if "$ref" in schema:
        return _resolved(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    return schema
