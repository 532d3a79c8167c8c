"""What the entrance adds to the description of the services: refusals of its own, and those that it hands on."""

from collections.abc import Iterator
from typing import Any

from gateway.rules.route import CLIENT_BUSY
from shared.kernel.refusals import DEADLINE_EXCEEDED
from shared.web.edge_docs import example, refusals, with_refusals

PASSES_ON = "x-passes-on"
"""Names the operation of a service whose refusals an operation of the gateway hands on as they are."""
_METHODS = ("get", "put", "post", "patch", "delete")
_REFUSED_HERE = (CLIENT_BUSY, DEADLINE_EXCEEDED)
"""What every operation of a service may answer besides when it is called through here."""


def with_entrance(joined: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Return the joined description with what callers of the gateway meet beside the services' own refusals.

    Args:
        joined: the description of the gateway and all services; it is changed.
        own: the gateway's alone.
    """
    paths = joined["paths"]
    for path in paths.keys() - own["paths"].keys():
        for operation in _operations(paths[path]):
            operation["responses"] = with_refusals(refusals(*_REFUSED_HERE), operation["responses"])
    examples = joined["components"].setdefault("examples", {})
    examples |= {code.code: example(code, "gateway") for code in _REFUSED_HERE}
    for path in own["paths"]:
        for operation in _operations(paths[path]):
            operation["responses"] = with_refusals(operation["responses"], _handed_on(operation, paths))
    return joined


def _operations(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (item[method] for method in _METHODS if method in item)


def _handed_on(operation: dict[str, Any], paths: dict[str, Any]) -> dict[str, Any]:
    """Return the refusals that an operation hands on; a service that never answered is not here to name them."""
    method, _, path = operation.get(PASSES_ON, "").partition(" ")
    responses = paths.get(path, {}).get(method.lower(), {}).get("responses", {})
    return {status: answer for status, answer in responses.items() if status.startswith("4") and status != "429"}
