"""What in a published document would break a program written against an older one."""

from collections.abc import Iterator
from typing import Any

_MAX_DEPTH = 6
_METHODS = ("get", "put", "post", "patch", "delete")

Document = dict[str, Any]


def breaking_changes(before: Document, after: Document) -> list[str]:
    """Name each change by which a program that worked with `before` may fail with `after`.

    Removed paths and methods, parameters and body fields that became required or vanished, answers that lost a field, a
    type or a status. Additions break nobody.
    """
    return sorted(set(_changes(before, after)))


def broken_channels(before: Document, after: Document) -> list[str]:
    """Name each channel or operation of an AsyncAPI document that is gone or speaks of another subject.

    What a message holds is judged by the JSON schema of its event. A listener that stops listening breaks nobody.
    """
    found = []
    for name, channel in before["channels"].items():
        now = after["channels"].get(name)
        if now is None:
            found.append(f"channel {name} is gone")
        elif now["address"] != channel["address"]:
            found.append(f"channel {name} moved to {now['address']}")
    sends = [name for name, operation in before["operations"].items() if operation["action"] == "send"]
    found += [f"operation {name} is gone" for name in sends if name not in after["operations"]]
    return sorted(found)


def broken_codes(before: Document, after: Document) -> list[str]:
    """Name each problem code that is gone, has another status, or that a service no longer gives."""
    held, now = ({one["code"]: one for one in document["codes"]} for document in (before, after))
    found = [f"{code} is gone" for code in held if code not in now]
    found += [
        f"{code} has the status {now[code]['status']}, not {held[code]['status']}"
        for code in held.keys() & now.keys()
        if held[code]["status"] != now[code]["status"]
    ]
    return sorted(found)


def _changes(before: Document, after: Document) -> Iterator[str]:
    for path, item in before.get("paths", {}).items():
        now = after.get("paths", {}).get(path)
        if now is None:
            yield f"{path} is gone"
            continue
        for method in _METHODS:
            if method not in item:
                continue
            if method not in now:
                yield f"{method.upper()} {path} is gone"
                continue
            where = f"{method.upper()} {path}"
            yield from _parameters(where, item[method], now[method])
            yield from _bodies(where, before, item[method], after, now[method])
            yield from _answers(where, before, item[method], after, now[method])


def _parameters(where: str, old: Document, new: Document) -> Iterator[str]:
    held = {(one["in"], one["name"]): one for one in old.get("parameters", [])}
    now = {(one["in"], one["name"]): one for one in new.get("parameters", [])}
    for key in sorted(held.keys() - now.keys()):
        yield f"{where}: parameter {key[1]} is gone"
    for key, one in now.items():
        if one.get("required") and not held.get(key, {}).get("required"):
            yield f"{where}: parameter {key[1]} became required"


def _bodies(where: str, before: Document, old: Document, after: Document, new: Document) -> Iterator[str]:
    for kind, media in old.get("requestBody", {}).get("content", {}).items():
        now = new.get("requestBody", {}).get("content", {}).get(kind)
        if now is None:
            yield f"{where}: body {kind} is gone"
            continue
        held_fields = dict(_fields(before, media.get("schema", {})))
        now_fields = dict(_fields(after, now.get("schema", {})))
        for name in sorted(held_fields.keys() - now_fields.keys()):
            yield f"{where}: body field {name} is gone"
        for name, (kinds, required) in now_fields.items():
            was = held_fields.get(name)
            if required and not (was and was[1]) and not _inside_a_new_field(name, held_fields):
                yield f"{where}: body field {name} became required"
            if was and was[0] - kinds:
                yield f"{where}: body field {name} no longer takes {', '.join(sorted(was[0] - kinds))}"


def _inside_a_new_field(name: str, held: dict[str, tuple[frozenset[str], bool]]) -> bool:
    parent = name.rpartition("/")[0]
    return bool(parent) and parent not in held


def _answers(where: str, before: Document, old: Document, after: Document, new: Document) -> Iterator[str]:
    for status, answer in old.get("responses", {}).items():
        if not status.startswith("2"):
            continue
        now = new.get("responses", {}).get(status)
        if now is None:
            yield f"{where}: answer {status} is gone"
            continue
        for kind, media in answer.get("content", {}).items():
            now_fields = dict(_fields(after, now.get("content", {}).get(kind, {}).get("schema", {})))
            for name, (kinds, _) in _fields(before, media.get("schema", {})):
                if name not in now_fields:
                    yield f"{where}: answer field {name} is gone"
                elif now_fields[name][0] - kinds - {"any"} and "any" not in kinds:
                    added = ", ".join(sorted(now_fields[name][0] - kinds))
                    yield f"{where}: answer field {name} may now be {added}"


def _fields(
    document: Document, schema: Document, path: str = "", depth: int = 0
) -> Iterator[tuple[str, tuple[frozenset[str], bool]]]:
    """Yield (pointer, (JSON types, required)) of every field below `schema`."""
    if depth > _MAX_DEPTH:
        return
    for part in _alternatives(document, schema):
        required = set(part.get("required", []))
        for name, child in part.get("properties", {}).items():
            kinds = frozenset(_kinds(document, child))
            yield f"{path}/{name}", (kinds, name in required)
            yield from _fields(document, child, f"{path}/{name}", depth + 1)
        if "items" in part:
            yield from _fields(document, part["items"], f"{path}/*", depth + 1)


def _alternatives(document: Document, schema: Document) -> Iterator[Document]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from _alternatives(document, document["components"]["schemas"].get(name, {}))
        return
    yield schema
    for word in ("anyOf", "oneOf", "allOf"):
        for part in schema.get(word, []):
            yield from _alternatives(document, part)


def _kinds(document: Document, schema: Document) -> Iterator[str]:
    found = False
    for part in _alternatives(document, schema):
        kinds = part.get("type", [])
        for kind in [kinds] if isinstance(kinds, str) else kinds:
            found = True
            yield kind
    if not found:
        yield "any"
