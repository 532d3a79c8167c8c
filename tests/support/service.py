"""One service as it runs, on its own database, without a network: minted tokens, events, jobs, clock."""

import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import asyncpg
import httpx
import orjson
from fastapi import FastAPI
from joserfc import jws
from joserfc.jwk import ECKey
from sqlalchemy import text

from shared.bus.job import run_once
from shared.db.engine import Database
from shared.events.catalogue import CATALOGUE
from shared.events.envelope import Envelope
from shared.events.event import Event
from shared.kernel.actor import Role
from shared.kernel.clock import FixedClock, SystemClock
from shared.kernel.ids import new_id
from shared.settings import Profile, ServiceSettings
from shared.web.auth import TokenVerifier
from shared.web.service import job_context
from tests.support.bus import deliver, wrap
from tests.support.event_keys import folder, private_file
from tests.support.postgres import DatabaseServer

ISSUER = "https://issuer.test"
AUDIENCE = "kechuang"
KID = "test-key"
START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
PERSONAL_DATA_KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
_KEY = ECKey.generate_key("P-256", {"kid": KID})


class FixedKeys:
    """The issuer's keys of the tests."""

    generation = 0

    def __init__(self, *keys: ECKey) -> None:
        self._keys = {str(key.kid): key for key in keys or (_KEY,)}

    async def find(self, kid: str) -> ECKey | None:
        """Return the key named `kid`."""
        return self._keys.get(kid)


def mint(
    clock: FixedClock,
    *,
    role: Role | str,
    scopes: Iterable[str] = (),
    client_id: str = "client-1",
    party: str | None = None,
    unit: str | None = None,
    key: ECKey = _KEY,
    header: dict[str, Any] | None = None,
    **claims: Any,
) -> str:
    """Return a token as the gateway would give; `claims` and `header` overwrite, None leaves a claim out."""
    now = int(clock.now().timestamp())
    body: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": client_id,
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        "jti": str(new_id()),
        "scope": " ".join(scopes),
        "role": str(role),
        "party": party,
        "unit": unit,
        **claims,
    }
    kept = {name: value for name, value in body.items() if value is not None}
    return jws.serialize_compact({"alg": "ES256", "kid": KID, **(header or {})}, orjson.dumps(kept), key)


class _KeyedClient(httpx.AsyncClient):
    """Gives each POST a fresh Idempotency-Key unless the test names one (None sends none)."""

    async def request(self, method: str, url: httpx.URL | str, **options: Any) -> httpx.Response:
        headers = httpx.Headers(options.pop("headers", None) or {})
        if method.upper() == "POST" and "idempotency-key" not in headers:
            headers["idempotency-key"] = str(new_id())
        if headers.get("idempotency-key") == "":
            del headers["idempotency-key"]
        return await super().request(method, url, headers=headers, **options)


@dataclass
class RunningService:
    """A service under test."""

    name: str
    app: FastAPI
    clock: Any  # a FixedClock unless the test gave another
    database_url: str
    _stack: contextlib.AsyncExitStack = field(repr=False)
    administrator_url: str = ""

    @property
    def db(self) -> Database:
        """The service's own database."""
        db: Database = self.app.state.db
        return db

    def client(
        self,
        role: Role = Role.CITY,
        *,
        party: str | None = None,
        unit: str | None = None,
        scopes: Iterable[str] = (),
        client_id: str | None = None,
        token: str | None = None,
    ) -> httpx.AsyncClient:
        """Return a client of the given body; each POST gets a fresh key, `headers={"idempotency-key": ""}` sends none.

        The client id is made of role, party and unit unless named, so two bodies never share their keys.
        """
        name = client_id or "-".join(part for part in (role.value, party, unit) if part)
        if token is None:
            token = mint(
                self.clock, role=role, scopes=scopes, client_id=name, party=party, unit=unit, exp=_far(self.clock)
            )
        return _KeyedClient(
            transport=httpx.ASGITransport(self.app),
            base_url=f"http://{self.name}.test",
            headers={"authorization": f"Bearer {token}"} if token else {},
        )

    async def deliver(self, event: Event, *, version: int = 1, **envelope: Any) -> None:
        """Hand an event to every subscription of the service that reads it, inbox included."""
        wrapped = wrap(event, clock=self.clock, version=version, **envelope)
        matching = [one for one in self.app.state.subscriptions if one.event is type(event)]
        assert matching, f"{self.name} does not listen to {event.subject}"
        for subscription in matching:
            assert not await deliver(self.app, subscription, wrapped), "an event before is missing"

    async def run_job(self, name: str) -> None:
        """Run one job of the service once."""
        assert await run_once(self.app.state.jobs.jobs[name], job_context(self.app))

    async def events(self, subject: str | None = None) -> list[Envelope[Any]]:
        """Return what stands in the outbox, in order, as envelopes; only those of `subject` if given."""
        async with self.db.engine.connect() as connection:
            rows = (await connection.execute(text("SELECT * FROM outbox_event ORDER BY position"))).mappings().all()
        return [
            Envelope[Any](
                id=row["id"],
                time=row["occurred_at"],
                subject=row["subject"],
                aggregate=row["aggregate"],
                aggregate_id=row["aggregate_id"],
                version=row["version"],
                sequence=row["sequence"],
                causation_id=row["causation_id"],
                request_id=row["request_id"],
                traceparent=row["traceparent"],
                data=CATALOGUE[row["subject"]].model_validate(row["data"]),
            )
            for row in rows
            if subject is None or row["subject"] == subject
        ]

    async def rows(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """Return the rows of a statement in the service's own database."""
        async with self.db.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(text(statement), values)).mappings()]

    async def tamper(self, statement: str, *values: Any) -> None:
        """Change rows as an administrator who switches every trigger off: what the service's own role may not do."""
        connection = await asyncpg.connect(self.administrator_url)
        try:
            await connection.execute("SET session_replication_role = replica")
            await connection.execute(statement, *values)
        finally:
            await connection.close()


def _far(clock: FixedClock) -> int:
    """Tests advance the clock by years; their tokens must outlive that."""
    return int(clock.now().timestamp()) + 20 * 365 * 86_400


def attach(app: FastAPI, clock: FixedClock) -> None:
    """Give an application the clock and the issuer of the tests, before it starts."""
    app.state.clock = clock
    app.state.verifier = TokenVerifier(FixedKeys(), issuer=ISSUER, audience=AUDIENCE, clock=clock)


def settings_for_test(settings_class: type[ServiceSettings], database_url: str, **values: Any) -> ServiceSettings:
    """Return settings under which a service does nothing by itself."""
    given: dict[str, Any] = {
        "database_url": database_url,
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "profile": Profile.TEST,
        "files_url": "memory:///",
        "personal_data_key": PERSONAL_DATA_KEY,
        "relay_enabled": False,
        "consumers_enabled": False,
        "jobs_enabled": False,
        "database_pool_size": 4,
        "log_level": "WARNING",
        "event_key_file": private_file(folder(), settings_class.service),
        "event_keys_file": folder() / "public.json",
        **values,
    }
    return settings_class(**given)


def settings_class_of(name: str) -> type[ServiceSettings]:
    """Return the settings class of a service."""
    module = import_module("gateway.settings" if name == "gateway" else f"services.{name}.settings")
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, ServiceSettings) and value.__module__ == module.__name__
    )


@contextlib.asynccontextmanager
async def running_service(
    name: str, postgres: DatabaseServer, *, clock: FixedClock | None = None, **settings: Any
) -> AsyncIterator[RunningService]:
    """Run one service on a fresh database; nothing runs by itself unless `settings` switch it on.

    Args:
        name: `registry`, `finance`, `techtransfer`, `ipr` or `gateway`.
        postgres: the session's server.
        clock: stands at 2026-11-23T02:00Z unless given.
        settings: settings that differ from those of a test.
    """
    package = "gateway" if name == "gateway" else f"services.{name}"
    clock = clock or FixedClock(START)
    url = await postgres.database_url(name)
    app: FastAPI = import_module(f"{package}.app").create_app(
        settings_for_test(settings_class_of(name), url, **settings)
    )
    attach(app, clock)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(postgres.drop, url)
        await stack.enter_async_context(app.router.lifespan_context(app))
        yield RunningService(name, app, clock, url, stack, postgres.administrator_url(url))


@contextlib.asynccontextmanager
async def running_gateway(
    postgres: DatabaseServer, *, clock: FixedClock | SystemClock | None = None, **settings: Any
) -> AsyncIterator[RunningService]:
    """Run the gateway on a fresh database; it checks tokens with the keys it signs them with."""
    from gateway.app import create_app
    from gateway.settings import GatewaySettings

    clock = clock or FixedClock(START)
    url = await postgres.database_url("gateway")
    app = create_app(settings_for_test(GatewaySettings, url, **settings))
    app.state.clock = clock
    app.state.verifier = TokenVerifier(app.state.keyring, issuer=ISSUER, audience=AUDIENCE, clock=clock)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(postgres.drop, url)
        await stack.enter_async_context(app.router.lifespan_context(app))
        yield RunningService("gateway", app, clock, url, stack, postgres.administrator_url(url))
