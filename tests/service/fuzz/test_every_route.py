"""No body, query, path or header makes any route of any service fail: every "no" is a problem document with a code."""

import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from shared.kernel.actor import Role
from tests.support.hostile import BODIES, EDGES, HEADERS, WORDS, changed, sample
from tests.support.postgres import DatabaseServer
from tests.support.service import RunningService, running_gateway, running_service
from tests.support.source import SERVICES

METHODS = ("get", "post", "put", "patch", "delete")
ROLES = {"enterprise": Role.ENTERPRISE, "bank": Role.BANK, "agency": Role.AGENCY, "unit": Role.DISTRICT}
PARTY, UNIT = "91500107MA5XTE8T03", "500107"
TURNS_PER_ROUTE = 12
"""Drawn at random for each route, by a fixed seed, from all that could be sent; bounds the time of the suite."""


@dataclass(frozen=True)
class Route:
    """One operation of a service's OpenAPI document."""

    method: str
    path: str
    row: str
    queries: tuple[str, ...]
    body: dict[str, Any] | None


@dataclass(frozen=True)
class Turn:
    """One request to be sent."""

    path: str
    params: dict[str, str] = field(default_factory=dict)
    headers: dict[str, bytes] = field(default_factory=dict)
    content: bytes | None = None


def routes_of(document: dict[str, Any]) -> Iterator[tuple[Route, str]]:
    """Yield every operation with its scope."""
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method not in operations:
                continue
            found = operations[method]
            content = found.get("requestBody", {}).get("content", {}).get("application/json")
            body = sample(content["schema"], document) if content else None
            queries = tuple(one["name"] for one in found.get("parameters", []) if one["in"] == "query")
            route = Route(method, path, found.get("x-row-scope", "any"), queries, body)
            yield route, found.get("x-scope", "")


def filled(path: str, word: str | None = None) -> str:
    """Return a path with its places filled, by what usually stands there or all by one word."""
    while "{" in path:
        start, _, rest = path.partition("{")
        name, _, end = rest.partition("}")
        usual = {"uscc": PARTY, "unit_id": UNIT, "year": "2025"}.get(name, "01890000-0000-7000-8000-000000000000")
        path = f"{start}{usual if word is None else word}{end}"
    return path


def turns(route: Route, chance: random.Random) -> list[Turn]:
    """Return the requests for one route: the plain one, the edges of its queries, then others by chance."""
    usual = filled(route.path)
    found = [Turn(usual, headers={name: value}) for name, value in HEADERS]
    found += [Turn(filled(route.path, word)) for word in WORDS if "{" in route.path]
    found += [Turn(usual, params={name: word}) for name in (*route.queries, "cursor") for word in (*WORDS, "", "\x00")]
    if route.method in {"post", "put", "patch"}:
        found += [Turn(usual, content=body) for body in BODIES]
    if isinstance(route.body, dict):
        found += [Turn(usual, content=body) for body in changed(route.body)]
    own = [name for name in route.queries if name not in {"limit", "cursor"}]
    always = [Turn(usual), *(Turn(usual, params={name: word}) for name in own for word in EDGES)]
    return [*always, *chance.sample(found, min(TURNS_PER_ROUTE, len(found)))]


async def send(client: httpx.AsyncClient, route: Route, turn: Turn) -> httpx.Response:
    """Send one request; a body goes as JSON, the usual one where the turn has none."""
    options: dict[str, Any] = {"params": turn.params, "headers": dict(turn.headers)}
    if turn.content is not None:
        options["content"] = turn.content
        options["headers"].setdefault("content-type", b"application/json")
    elif route.body is not None:
        options["json"] = route.body
    return await client.request(route.method.upper(), turn.path, **options)


async def admitted(service: RunningService, route: Route, scopes: set[str]) -> Role:
    """Return the first role that the route lets in: one that is refused by its role tests nothing."""
    first = ROLES.get(route.row, Role.CITY)
    for role in (first, Role.CITY, Role.ENTERPRISE, Role.BANK, Role.FUND_MANAGER, Role.IP_CENTRE):
        async with service.client(role, party=PARTY, unit=UNIT, scopes=scopes) as client:
            if (await send(client, route, Turn(filled(route.path)))).status_code != httpx.codes.FORBIDDEN:
                return role
    return first


def fault(answer: httpx.Response) -> str | None:
    """Return what is wrong with an answer, if anything is."""
    nobody_behind = answer.status_code == httpx.codes.SERVICE_UNAVAILABLE and answer.request.url.host == "gateway.test"
    if answer.status_code >= 500 and not nobody_behind:
        return f"{answer.status_code} {answer.text[:200]}"
    if answer.status_code < 400:
        return None
    if answer.request.url.path == "/oauth2/token" and "error_description" in answer.json():  # the form of RFC 6749
        return None
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return f"{answer.status_code} is no problem document: {answer.text[:100]}"
    problem = answer.json()
    missing = {"type", "title", "status", "code", "request_id"} - set(problem)
    return f"{answer.status_code} lacks {sorted(missing)}" if missing else None


@asynccontextmanager
async def running(name: str, postgres: DatabaseServer) -> AsyncIterator[RunningService]:
    """Run a service, or the gateway with nobody behind it."""
    nobody = {f"{service}_url": "http://127.0.0.1:1" for service in SERVICES}
    made = running_gateway(postgres, **nobody) if name == "gateway" else running_service(name, postgres)
    async with made as service:
        yield service


@pytest.mark.parametrize("name", [*SERVICES, "gateway"])
async def test_no_request_makes_a_route_fail(name: str, postgres: DatabaseServer) -> None:
    chance = random.Random(20221123)  # the same draw on every run
    faults = []
    async with running(name, postgres) as service:
        routes = list(routes_of(service.app.openapi()))
        scopes = {scope for _, scope in routes if scope}
        assert len(routes) > 5
        for route, _ in routes:
            if route.path.startswith("/health") or (name == "gateway" and route.path.startswith("/v1/")):
                continue
            role = await admitted(service, route, scopes)
            async with service.client(role, party=PARTY, unit=UNIT, scopes=scopes) as client:
                for turn in turns(route, chance):
                    answer = await send(client, route, turn)
                    if (wrong := fault(answer)) is not None:
                        faults.append(f"{route.method} {str(turn)[:300]} {wrong}")
    assert not faults, "\n".join(faults[:20])
