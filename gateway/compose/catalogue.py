"""One description of all services: the joined OpenAPI document, and the catalogue of problem codes."""

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from gateway.upstream.part import fetch
from gateway.upstream.pool import Upstream

_KEPT_S = 60.0
_SHARED = frozenset({"Problem", "FieldProblem"})
_REFERENCE = b'"#/components/schemas/'
_POINTER = re.compile(r'"#/components/(schemas|examples)/([^"]+)"')


@dataclass(slots=True)
class Catalogue:
    """What the services describe, fetched at most once a minute; the last description outlives its service."""

    upstreams: Mapping[str, Upstream]
    deadline_s: float
    _documents: dict[tuple[str, str], Any] = field(default_factory=dict)
    _fetched_at: dict[str, float] = field(default_factory=dict)

    async def openapi(self, own: dict[str, Any], *, issuer: str) -> dict[str, Any]:
        """Return the joined OpenAPI 3.1 document; a service that never answered is named in `x-missing`.

        Args:
            own: the gateway's own document, whose paths stand first.
            issuer: public address of the gateway.
        """
        documents = await self._all("/openapi.json")
        joined = join(own, documents, issuer=issuer)
        joined["x-missing"] = sorted(set(self.upstreams) - set(documents))
        return joined

    async def problem(self, code: str) -> dict[str, Any] | None:
        """Return the explanation of a problem code that a service gave, or None."""
        for document in (await self._all("/problems")).values():
            for entry in document["items"]:
                if entry["code"] == code:
                    return dict(entry)
        return None

    async def versions(self) -> dict[str, dict[str, Any]]:
        """Return the version page of every service that ever answered, by name."""
        return await self._all("/version")

    async def _all(self, target: str) -> dict[str, Any]:
        if time.monotonic() - self._fetched_at.get(target, float("-inf")) > _KEPT_S:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(fetch(upstream, target, headers={}, deadline_s=self.deadline_s))
                    for upstream in self.upstreams.values()
                ]
            answers = [task.result() for task in tasks]
            for answer in answers:
                if answer.status == 200:  # noqa: PLR2004
                    self._documents[answer.source, target] = answer.body
            if all(answer.status is not None for answer in answers):
                self._fetched_at[target] = time.monotonic()
        held = ((name, self._documents.get((name, target))) for name in self.upstreams)
        return {name: document for name, document in held if document is not None}


def join(own: dict[str, Any], documents: Mapping[str, dict[str, Any]], *, issuer: str) -> dict[str, Any]:
    """Return one OpenAPI document with the gateway's own paths and those of the services under /v1/.

    Args:
        own: the gateway's document.
        documents: those of the services, by name.
        issuer: public address of the gateway.
    """
    joined: dict[str, Any] = orjson.loads(orjson.dumps(own))
    scopes = joined["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]["scopes"]
    tags = {tag["name"]: tag for tag in joined.get("tags", ())}
    for name, document in documents.items():
        renamed = _rename(document, name)
        for path, item in renamed["paths"].items():
            if path.startswith("/v1/"):
                joined["paths"].setdefault(path, item)
        for kind in ("schemas", "examples"):
            joined["components"].setdefault(kind, {}).update(renamed["components"].get(kind, {}))
        tags |= {tag["name"]: tag for tag in renamed.get("tags", ()) if tag["name"] not in tags}
        scopes.update(renamed["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]["scopes"])
    joined["tags"] = list(tags.values())
    joined["servers"] = [{"url": issuer}]
    _drop_unused(joined)
    return joined


def _drop_unused(document: dict[str, Any]) -> None:
    """Drop the schemas and examples of addresses that are not shown here, such as the services' own health pages."""
    components = document["components"]
    used: set[str] = set()
    todo = [document["paths"]]
    while todo:
        for kind, name in set(_POINTER.findall(orjson.dumps(todo.pop()).decode())):
            if f"{kind}/{name}" not in used and name in components.get(kind, {}):
                used.add(f"{kind}/{name}")
                todo.append(components[kind][name])
    for kind in ("schemas", "examples"):
        held = components.get(kind, {})
        components[kind] = {name: held[name] for name in held if f"{kind}/{name}" in used}


def _rename(document: dict[str, Any], service: str) -> dict[str, Any]:
    """Put the name of the service before its schemas, in the title too: two may call different things alike."""
    text = orjson.dumps(document)
    for name in document["components"]["schemas"]:
        if name not in _SHARED:
            text = text.replace(_REFERENCE + f'{name}"'.encode(), _REFERENCE + f'{service}.{name}"'.encode())
    renamed: dict[str, Any] = orjson.loads(text)
    schemas = renamed["components"]["schemas"]
    renamed["components"]["schemas"] = {
        name if name in _SHARED else f"{service}.{name}": schema for name, schema in schemas.items()
    }
    for name, schema in schemas.items():
        if name not in _SHARED:
            schema["title"] = f"{service.capitalize()}{name}"
    return renamed
