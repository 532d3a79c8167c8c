"""Wires the gateway: the only place where its rooms meet."""

import asyncio
import base64
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path

import structlog
from fastapi import FastAPI
from pydantic import TypeAdapter

from gateway.api import (
    account,
    account_identity,
    audit,
    client,
    code_book,
    colleague,
    documents,
    dossier,
    me,
    overview,
    rule_set,
    suite,
    token,
    work_item,
)
from gateway.api.cross_origin import CrossOrigin
from gateway.api.example import EXAMPLES
from gateway.api.passthrough import Addresses, PassThrough
from gateway.api.shortcut import PassingShortcut
from gateway.api.throttle import FailureThrottle
from gateway.compose.catalogue import Catalogue
from gateway.console.front import ConsoleFront
from gateway.console.people import SignedIn
from gateway.console.site import Site
from gateway.console.views.every import PAGES
from gateway.jobs.kept_form import FORGET_KEPT_FORMS
from gateway.jobs.signing_key import keep_keys
from gateway.models import metadata
from gateway.rules import REFUSALS
from gateway.settings import GatewaySettings
from gateway.store import account as account_store
from gateway.upstream.issuer import Issuer
from gateway.upstream.part import fetch
from gateway.upstream.pool import open_upstreams
from gateway.usecases import account as accounts
from gateway.usecases import client as clients
from gateway.usecases.account import DemoPerson
from gateway.usecases.client import DemoClient
from gateway.usecases.password import Passwords
from gateway.usecases.signing_key import Keyring, KeySeal, refresh
from shared.db.engine import Busy
from shared.kernel.actor import system_actor
from shared.kernel.refusals import COMMON
from shared.settings import Profile
from shared.web.openapi import entry
from shared.web.service import ServiceSpec, build_service
from shared.web.trouble import Trouble, seen_behind

_log = structlog.get_logger(__name__)
_LOOK_BEHIND_S = 5.0
_START_TRIES = 20  # each waits three seconds for a lock


class DemoFileReadableError(Exception):
    """The file with the demo clients' secrets can be read by others."""


def create_app(settings: GatewaySettings | None = None) -> FastAPI:
    """Return the application; settings are read from the environment unless given.

    Raises:
        ValueError: without `personal_data_key` the signing keys could not be kept.
    """
    settings = settings or GatewaySettings()
    if settings.personal_data_key is None:
        raise ValueError("the gateway needs GATEWAY_PERSONAL_DATA_KEY: it seals the signing keys")
    seal = KeySeal(base64.b64decode(settings.personal_data_key.get_secret_value()))
    ring = Keyring()
    parts = (me, account, account_identity, code_book, colleague, audit, client, suite)
    answered_here = (overview, dossier, rule_set, work_item, *parts)
    composed = [one.router for one in answered_here]
    addresses = Addresses(route for router in composed for route in router.routes)
    app = build_service(
        ServiceSpec(
            name="gateway",
            title="科创金融与服务平台 Kechuang",
            settings=settings,
            metadata=metadata,
            # The gateway's documents describe all services, so they stand before the skeleton's own pages.
            routers=[*composed, token.router, documents.router],
            jobs=[keep_keys(ring, seal), FORGET_KEPT_FORMS],
            refusals=REFUSALS,
            description=documents.GUIDE,
            examples=EXAMPLES,
            keys=ring,
            around=_around(settings, ring, seal),
            front=partial(_in_front, addresses),
        )
    )
    app.add_middleware(CrossOrigin, origins=settings.origins())
    app.state.keyring = ring
    app.state.throttle = FailureThrottle()
    app.state.passwords = Passwords.of(cheap=settings.profile is Profile.TEST)
    app.state.issuer = _issuer_of(settings)
    app.state.console = Site(
        app, app.state, PAGES, SignedIn(app.state), deadline_s=settings.upstream_deadline_ms / 1000
    )
    app.state.problems = {code.code: entry(code) for code in (*COMMON, *REFUSALS)}
    return app


def _issuer_of(settings: GatewaySettings) -> Issuer | None:
    """Return the other issuer by which people may sign in, None where the settings name none."""
    if not settings.oidc_issuer:
        return None
    secret = settings.oidc_client_secret
    back = f"{(settings.console_origin or settings.issuer).rstrip('/')}/console/sign-in/issuer/back"
    return Issuer(
        settings.oidc_issuer, settings.oidc_client_id, None if secret is None else secret.get_secret_value(), back
    )


def _in_front(addresses: Addresses, app: FastAPI) -> None:
    app.add_middleware(ConsoleFront, state=app.state)
    app.add_middleware(PassThrough, state=app.state, addresses=addresses)
    app.state.shortcut = PassingShortcut("gateway", app.state, addresses)


def _around(
    settings: GatewaySettings, ring: Keyring, seal: KeySeal
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def around(app: FastAPI) -> AsyncIterator[None]:
        state = app.state
        await _when_free(partial(_refresh_keys, app, settings, ring, seal))
        if settings.demo_clients is not None:
            await _when_free(partial(_put_demo_clients, app, _read_demo_clients(settings.demo_clients)))
        if settings.demo_people is not None:
            await _when_free(partial(_put_demo_people, app, _read_demo_people(settings.demo_people)))
        async with open_upstreams(
            settings.upstreams(),
            in_flight=settings.upstream_in_flight,
            of_one_caller=settings.upstream_in_flight_of_one_client,
        ) as upstreams:
            state.upstreams = upstreams
            state.catalogue = Catalogue(upstreams, deadline_s=settings.part_deadline_ms / 1000)
            if settings.profile is Profile.TEST:  # what its upstreams are asked is what the test counts
                yield
                return
            async with asyncio.TaskGroup() as group:
                watching = group.create_task(_watch_behind(app), name="watch behind")
                yield
                watching.cancel()

    return around


async def _watch_behind(app: FastAPI) -> None:
    """Look again and again at the readiness of the services behind; who asks the gateway does not wait for them."""
    while True:
        await asyncio.sleep(_LOOK_BEHIND_S)
        try:
            app.state.behind = await look_behind(app)
        except Exception:  # noqa: BLE001  # a look that failed must not be the last; the next one follows
            _log.exception("not_seen_behind")


async def look_behind(app: FastAPI) -> list[Trouble]:
    """Return what the services behind the gateway warn of, and who of them does not answer."""
    state = app.state
    deadline_s = state.settings.part_deadline_ms / 1000
    asked = [
        fetch(upstream, "/health/ready", headers={}, deadline_s=deadline_s) for upstream in state.upstreams.values()
    ]
    return seen_behind({one.source: one.body for one in await asyncio.gather(*asked)})


async def _when_free(step: Callable[[], Awaitable[None]]) -> None:
    """Take a step of the start, which processes that start beside this one may hold up for longer than a lock waits.

    Raises:
        Busy: it was held up throughout.
    """
    for _ in range(_START_TRIES - 1):
        try:
            await step()
        except Busy:
            continue
        return
    await step()


async def _refresh_keys(app: FastAPI, settings: GatewaySettings, ring: Keyring, seal: KeySeal) -> None:
    state = app.state
    async with state.db.transaction(actor=system_actor("gateway"), clock=state.clock) as tx:
        await refresh(tx, ring, seal, days=settings.key_days)
        if settings.demo_clients is None:
            await clients.refuse_demo_clients(tx)
        if settings.demo_people is None:
            await accounts.refuse_demo_people(tx)


async def _put_demo_clients(app: FastAPI, told: list[DemoClient]) -> None:
    """Make the demo clients what the launcher's file says; nothing is held while secrets are hashed."""
    state, actor = app.state, system_actor("gateway")
    async with state.db.transaction(actor=actor, clock=state.clock, read_only=True) as tx:
        held = await clients.every(tx)
        tx.session.expunge_all()
    changes = await clients.judge_demo_clients(held, told)
    async with state.db.transaction(actor=actor, clock=state.clock) as tx:
        await clients.put_demo_clients(tx, changes, named={one.client_id for one in told})


async def _put_demo_people(app: FastAPI, told: list[DemoPerson]) -> None:
    """Make the demo people what the launcher's file says; nothing is held while passwords are hashed."""
    state, actor = app.state, system_actor("gateway")
    async with state.db.transaction(actor=actor, clock=state.clock, read_only=True) as tx:
        held = await account_store.every(tx)
        tx.session.expunge_all()
    changes = await accounts.judge_demo_people(held, told, state.passwords)
    async with state.db.transaction(actor=actor, clock=state.clock) as tx:
        await accounts.put_demo_people(tx, changes, named={one.login for one in told})


def _read_demo_people(path: Path) -> list[DemoPerson]:
    _must_be_private(path)
    return TypeAdapter(list[DemoPerson]).validate_json(path.read_bytes())


def _read_demo_clients(path: Path) -> list[DemoClient]:
    _must_be_private(path)
    return TypeAdapter(list[DemoClient]).validate_json(path.read_bytes())


def _must_be_private(path: Path) -> None:
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise DemoFileReadableError(f"{path.name} holds secrets: allow its owner alone (chmod 600)")
