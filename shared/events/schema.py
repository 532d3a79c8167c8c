"""Golden schemas of the events; `make contracts` writes them.

A committed schema is a promise to consumers: a field may be added, none may go or change its meaning within a version.
"""

from typing import Any

from shared.events.event import Event


def schema_of(event: type[Event]) -> dict[str, Any]:
    """Return the JSON schema of an event's data with its subject, kind and key."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"/contracts/events/{event.subject}.json",
        **event.model_json_schema(mode="serialization"),
        "x-subject": event.subject,
        "x-kind": event.ordering.value,
        "x-aggregate": event.aggregate,
        "x-key": list(event.key),
    }


def broken_promises(golden: dict[str, Any], present: dict[str, Any]) -> list[str]:
    """Return what a consumer of `golden` would miss in `present`; an added field breaks nothing."""
    broken = [
        f"{name} changed" for name in ("x-subject", "x-kind", "x-aggregate", "x-key") if golden[name] != present[name]
    ]
    held, now = golden.get("properties", {}), present.get("properties", {})
    broken += [f"field {name} is gone" for name in held if name not in now]
    broken += [f"field {name} changed" for name in held if name in now and not _keeps(held[name], now[name])]
    broken += [
        f"field {name} is no longer always there"
        for name in golden.get("required", [])
        if name not in present.get("required", [])
    ]
    for name, definition in golden.get("$defs", {}).items():
        kept = present.get("$defs", {}).get(name, {}).get("properties", {})
        broken += [f"field {name}.{one} is gone" for one in definition.get("properties", {}) if one not in kept]
    return broken


_WORDS = {"title", "description"}
_BOUNDS = {"maxLength", "minLength", "maximum", "minimum", "maxItems", "minItems"}


def _keeps(held: Any, now: Any) -> bool:  # noqa: ANN401  # any part of a JSON schema
    """Tell whether what conforms to `now` conforms to `held`; a bound that was added takes nothing from a consumer."""
    if isinstance(held, dict) and isinstance(now, dict):
        added, gone = now.keys() - held.keys() - _WORDS, held.keys() - now.keys() - _WORDS
        both = (held.keys() & now.keys()) - _WORDS
        return added <= _BOUNDS and not gone and all(_keeps(held[name], now[name]) for name in both)
    if isinstance(held, list) and isinstance(now, list):
        return len(held) == len(now) and all(_keeps(*pair) for pair in zip(held, now, strict=True))
    return bool(held == now)
