"""A gateway, and behind it an upstream of another make that says what reached it."""

import asyncio
import json
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from shared.kernel.clock import SystemClock
from tests.support.postgres import DatabaseServer
from tests.support.service import RunningService, running_gateway

BANK = "91500000MA5U0000XY"
FIRM = "91500107MA5U00001A"
ORIGINS = "https://portal.example, http://localhost:5173"
SECRETS = {name: f"{name}-secret-of-the-tests-0123456789" for name in ("city", "bank-a", "enterprise-1")}
CLIENTS: list[dict[str, Any]] = [
    {
        "client_id": "city",
        "role": "city",
        "scopes": ["registry.enterprise:read", "credit.evaluation:read", "ipr.portfolio:read", "transfer.listing:read"],
    },
    {
        "client_id": "bank-a",
        "role": "bank",
        "party": BANK,
        "scopes": ["credit.application:read", "credit.decision:write", "registry.enterprise:read", "work.item:read"],
    },
    {"client_id": "enterprise-1", "role": "enterprise", "party": FIRM, "scopes": ["registry.enterprise:read"]},
]


@dataclass
class Echo:
    """Answers with what it was sent, or as it is told for a path, with its method or without; can be slow or down."""

    url: str = ""
    seen: list[web.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    pause_s: float = 0.0
    awaits: Callable[[], Awaitable[object]] | None = None  # what each answer waits for
    drop: int = 0
    runner: web.AppRunner | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        body = await request.read()
        self.bodies.append(body)
        if self.drop:
            self.drop -= 1
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        await asyncio.sleep(self.pause_s)
        if self.awaits is not None:
            await self.awaits()
        answer = self.answers.get(f"{request.method} {request.path}") or self.answers.get(request.path)
        if answer is not None:
            return web.json_response(answer[1], status=answer[0])
        if request.path.endswith("/big"):
            return web.Response(body=b"x" * 3_000_000, headers={"connection": "keep-alive", "server": "secret/1.0"})
        return web.json_response(
            {
                "method": request.method,
                "path": request.raw_path,
                "headers": [[name.lower(), value] for name, value in request.headers.items()],
                "size": len(body),
            },
            status=201 if request.method == "POST" else 200,
            headers={
                "etag": '"v7"',
                "location": "/v1/loans/1",
                "allow": "GET",
                "x-internal": "no",
                "set-cookie": "a=b",
            },
        )

    async def start(self, port: int = 0) -> None:
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{path:.*}", self.handle)
        self.runner = web.AppRunner(app, access_log=None)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[union-attr]

    async def stop(self) -> None:
        assert self.runner is not None
        await self.runner.cleanup()

    def reset(self) -> None:
        self.seen.clear()
        self.bodies.clear()
        self.answers.clear()
        self.pause_s, self.drop, self.awaits = 0.0, 0, None


@dataclass
class GatewayWithEcho:
    """The gateway and what stands behind it."""

    service: RunningService
    echo: Echo

    def http(self, token: str | None = None) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.service.app, client=("10.0.0.1", 5)),
            base_url="http://gateway.test",
            headers={"authorization": f"Bearer {token}"} if token else {},
        )

    async def token(self, client_id: str, scope: str | None = None) -> str:
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": SECRETS[client_id]}
        async with self.http() as http:
            answer = await http.post("/oauth2/token", data=form | ({"scope": scope} if scope else {}))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])


def demo_file(folder: Path, clients: list[dict[str, Any]], mode: int = stat.S_IRUSR | stat.S_IWUSR) -> Path:
    """Write the launcher's file of demo clients."""
    path = folder / "demo-clients.json"
    told = {"title_zh": "示例", "title_en": "Demo"}
    rows = [{**told, "secret": one.get("secret") or SECRETS[one["client_id"]], **one} for one in clients]
    path.write_text(json.dumps(rows), "utf-8")
    path.chmod(mode)
    return path


@pytest.fixture(scope="session")
async def session_gateway(
    postgres: DatabaseServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[GatewayWithEcho]:
    """The gateway with demo clients; all four services are the same echo."""
    echo = Echo()
    await echo.start()
    urls = {f"{name}_url": echo.url for name in ("registry", "finance", "ipr", "techtransfer")}
    demo = demo_file(tmp_path_factory.mktemp("gateway"), CLIENTS)
    async with running_gateway(
        postgres, demo_clients=demo, clock=SystemClock(), allowed_origins=ORIGINS, **urls
    ) as service:
        yield GatewayWithEcho(service, echo)
    await echo.stop()


@pytest.fixture
def gateway(session_gateway: GatewayWithEcho) -> GatewayWithEcho:
    """The gateway with a quiet upstream."""
    session_gateway.echo.reset()
    session_gateway.service.app.state.throttle._failures.clear()
    return session_gateway
