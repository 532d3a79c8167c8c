"""The skeleton of every service: one application object with edge, bus, jobs, health, metrics and offline docs."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline
from sqlalchemy import MetaData
from sqlalchemy.exc import DBAPIError
from starlette.routing import BaseRoute

from shared.bus.job import Job, JobBoard, JobContext
from shared.bus.metrics import HISTORY_REGRESSED
from shared.bus.monitor import syncs_always
from shared.bus.runner import Bus
from shared.bus.subscription import Subscription
from shared.db.engine import Busy, Database, DatabaseUnavailable
from shared.db.history import HistoryWatch
from shared.db.migrate import has_migrations
from shared.db.pooler import TRANSACTION, refuse_unnamed_pooler
from shared.db.rights import refuse_owner
from shared.db.rule_set import publish_folder
from shared.db.transaction import Reactions
from shared.events.event import Event
from shared.events.trust import EventKeys, Signer, Trust
from shared.files.refusals import UPLOAD_REFUSALS
from shared.files.scan import scanner
from shared.files.store import FileStore
from shared.kernel.actor import system_actor
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.errors import RefusalCode
from shared.kernel.example import Examples
from shared.kernel.holding import REFUSALS as HOLDING_REFUSALS
from shared.kernel.personal import add_key
from shared.kernel.refusals import COMMON
from shared.policy.book import RULE_SET_NOT_IN_FORCE, RuleBook
from shared.settings import Profile, ServiceSettings, product_version
from shared.telemetry import configure_logging, configure_tracing, flush_traces
from shared.web import failures, openapi
from shared.web.admission import Admission
from shared.web.audit import audit_router
from shared.web.auth import TokenVerifier
from shared.web.dead_letter import REFUSALS as LETTER_REFUSALS
from shared.web.dead_letter import dead_letter_router
from shared.web.example import EXAMPLES
from shared.web.housekeeping import HOUSEKEEPING
from shared.web.jwks import JwksClient, KeySource
from shared.web.middleware import EdgeMiddleware
from shared.web.operations import router as operations
from shared.web.query import judge_pages
from shared.web.routing import keep_apart
from shared.web.rule_set import router as rule_set_pages
from shared.web.whole_call import SHORTCUT

_BUS_PAUSE_S = 1.0
_NO_EVENT_KEYS = (
    "event_keys_missing: 未设置事件签名密钥，事件停留在发件箱 / "
    "the event keys are missing (EVENT_KEY_FILE, EVENT_KEYS_FILE): events wait in the outbox and none is heard"
)
_HISTORY_S = 1.0
_COMMON = (*COMMON, RULE_SET_NOT_IN_FORCE, *UPLOAD_REFUSALS, *LETTER_REFUSALS, *HOLDING_REFUSALS)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """What a service is made of; `create_app` in its app.py names it all.

    Attributes:
        name: `finance`; database, stream, consumers and metrics carry it.
        title: heading of the docs page, in both languages.
        settings: the service's settings.
        metadata: its tables.
        routers: its routes.
        subscriptions: the events it reads.
        reactions: what follows from an event in the transaction that emits it.
        jobs: its loops.
        refusals: its own refusal codes, for the catalogue under /problems.
        policies_dir: folder of its rule sets; None if it has none.
        rule_set_event: the event that tells of a published rule set.
        description: text under the heading, in both languages.
        clock: tells the time.
        keys: the issuer's public keys, where they are not fetched from `settings.jwks_url`.
        examples: made-up values of the docs page, by field name.
        around: opened before the loops start and closed after they ended, for what only this service has.
        front: puts a layer between the outermost one and the application, for what only this service has.
    """

    name: str
    title: str
    settings: ServiceSettings
    metadata: MetaData
    routers: Sequence[APIRouter]
    subscriptions: Sequence[Subscription] = ()
    reactions: Reactions = field(default_factory=dict)
    jobs: Sequence[Job] = ()
    refusals: Sequence[RefusalCode] = ()
    policies_dir: Path | None = None
    rule_set_event: Callable[..., Event] | None = None
    description: str = ""
    examples: Examples = field(default_factory=dict)
    clock: Clock | None = None
    keys: KeySource | None = None
    around: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None
    front: Callable[[FastAPI], None] | None = None


def build_service(spec: ServiceSpec) -> FastAPI:
    """Return the application of one service; nothing is opened before its lifespan begins."""
    settings = spec.settings
    configure_logging(spec.name, settings.log_level)
    configure_tracing(spec.name, settings.otlp_endpoint)
    app = FastAPIOffline(
        title=spec.title,
        version=product_version(),
        description=spec.description,
        lifespan=_lifespan(spec),
        # A redirect would name the service's own address to a caller behind the gateway.
        redirect_slashes=False,
    )
    if settings.personal_data_key is not None:
        add_key(base64.b64decode(settings.personal_data_key.get_secret_value()))
    state = app.state
    state.service_name = spec.name
    state.settings = settings
    state.clock = spec.clock or SystemClock()
    state.db = _database(spec)
    state.admission = Admission(spec.name, slots=settings.database_pool_size)
    state.history = HistoryWatch(state.db)
    state.files = FileStore(settings.files_url)
    state.scan = scanner(settings.scan_command, seconds=settings.scan_seconds) if settings.scan_command else None
    state.rule_book = RuleBook.from_folder(spec.policies_dir) if spec.policies_dir else RuleBook(())
    state.issuer_keys = keys = spec.keys or JwksClient(settings.jwks_url)
    state.verifier = TokenVerifier(keys, issuer=settings.issuer, audience=settings.audience, clock=state.clock)
    state.subscriptions = tuple(spec.subscriptions)
    state.jobs = JobBoard(spec.name, {job.name: job for job in (*spec.jobs, *HOUSEKEEPING)})
    state.wake = state.jobs.wake
    state.bus = state.shortcut = None
    state.warnings, state.behind = [], []
    state.metadata = spec.metadata
    state.has_migrations = has_migrations(spec.name)
    failures.install(app)
    state.refusals = tuple(dict.fromkeys((*_COMMON, *spec.refusals)))
    _add_routes(app, spec)
    openapi.install(app, token_url=f"{settings.issuer}/oauth2/token", examples={**EXAMPLES, **spec.examples})
    if spec.front is not None:
        spec.front(app)
    app.add_middleware(
        EdgeMiddleware,
        service=spec.name,
        max_body_bytes=settings.max_body_bytes,
        max_upload_bytes=settings.max_upload_bytes,
    )
    return app


def _add_routes(app: FastAPI, spec: ServiceSpec) -> None:
    """Give the application its own routes and those that every service has."""
    # Not `include_router`: nested routers are matched twice, a seventh of a call. What is called most stands first.
    first = [route for router in spec.routers for route in router.routes]
    keep_apart(first)
    rule_sets = rule_set_pages.routes if spec.policies_dir else []
    letters = dead_letter_router(spec.name).routes if spec.subscriptions else []
    keep_apart(letters)
    audit = audit_router(spec.name, spec.metadata).routes
    keep_apart(audit)
    explained = openapi.problem_pages(app.state.refusals).routes
    # A page of the service's own stands instead of the common one, also in the description.
    judge_pages(app)
    own = {_path(route) for route in first if getattr(route, "include_in_schema", False)}
    every = (*letters, *audit, *rule_sets, *explained, *operations.routes)
    app.router.routes[:0] = [*first, *(route for route in every if _path(route) not in own)]


def _database(spec: ServiceSpec) -> Database:
    return Database(
        spec.settings.database_url.get_secret_value(),
        service=spec.name,
        pool_size=spec.settings.database_pool_size,
        reactions=spec.reactions,
        is_pooled=spec.settings.database_pooler == TRANSACTION,
    )


def _path(route: BaseRoute) -> str:
    return str(getattr(route, "path", ""))


def _lifespan(spec: ServiceSpec) -> Callable[[FastAPI], AbstractAsyncContextManager[dict[str, Any]]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        state = app.state
        async with AsyncExitStack() as stack:
            stack.callback(flush_traces, spec.name)
            stack.push_async_callback(state.db.close)
            # Before the first call: a restart must not open what was closed.
            await _look_at_history(app)
            await _look_at_role(app, spec)
            await _publish_rule_sets(app, spec)
            if spec.around is not None:
                await stack.enter_async_context(spec.around(app))
            async with asyncio.TaskGroup() as group:
                tasks = _start(app, spec, group)
                _log.info("started", version=app.version, loops=len(tasks))
                yield {SHORTCUT: state.shortcut}
                for task in tasks:
                    task.cancel()
            _log.info("stopped")

    return lifespan


async def _look_at_role(app: FastAPI, spec: ServiceSpec) -> None:
    """Refuse to run as the owner of the tables, or through a pooler that nobody named."""
    if spec.settings.profile is not Profile.RUN:
        return
    try:
        await refuse_unnamed_pooler(app.state.db)
        app.state.warnings += await refuse_owner(app.state.db)
    except (DatabaseUnavailable, Busy) as fault:
        if fault.args:  # words for the operator: waiting would not help
            raise
        _log.warning("role_not_seen", reason=fault.__cause__ or fault)


async def _publish_rule_sets(app: FastAPI, spec: ServiceSpec) -> None:
    if spec.policies_dir is None or spec.rule_set_event is None:
        return
    async with app.state.db.transaction(actor=system_actor(spec.name), clock=app.state.clock) as tx:
        await publish_folder(tx, spec.policies_dir, spec.rule_set_event)


def job_context(app: FastAPI) -> JobContext:
    """Return what the jobs of `app` work with."""
    state = app.state
    return JobContext(
        service=state.service_name,
        db=state.db,
        clock=state.clock,
        files=state.files,
        settings=state.settings,
        rule_book=state.rule_book,
        scan=state.scan,
    )


def _start(app: FastAPI, spec: ServiceSpec, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
    """Start relay, consumers and jobs, as far as the settings switch them on."""
    tasks: list[asyncio.Task[None]] = [group.create_task(_watch_history(app), name="watch history")]
    if spec.settings.jobs_enabled:
        context = job_context(app)
        board: JobBoard = app.state.jobs
        tasks += [group.create_task(board.run_forever(job, context), name=job.name) for job in board.jobs.values()]
    if spec.settings.nats_url is not None and (spec.settings.relay_enabled or spec.settings.consumers_enabled):
        tasks.append(group.create_task(_run_bus(app, spec, spec.settings.nats_url.get_secret_value()), name="bus"))
    return tasks


async def _watch_history(app: FastAPI) -> None:
    """See within a second, in every process, that changes are to be refused or are open again."""
    while True:
        await asyncio.sleep(_HISTORY_S)
        try:
            await _look_at_history(app)
        except Exception:  # noqa: BLE001  # a look that failed must not take the whole service down; the next one follows
            _log.exception("history_not_seen")


async def _look_at_history(app: FastAPI) -> None:
    state = app.state
    try:
        await state.history.refresh()
    except (DatabaseUnavailable, Busy, DBAPIError) as fault:
        _log.debug("history_not_seen", reason=fault.__cause__ or fault)
        return
    HISTORY_REGRESSED.labels(state.service_name).set(int(state.history.found is not None))


def _event_keys(settings: ServiceSettings) -> EventKeys | None:
    """Return what the service signs with and whom it believes; None where a file is not named or cannot be used."""
    if settings.event_key_file is None or settings.event_keys_file is None:
        return None
    try:
        return EventKeys(Signer(settings.event_key_file), Trust(settings.event_keys_file))
    except (OSError, ValueError, KeyError) as fault:
        _log.warning("event_keys_unusable", fault=repr(fault))
        return None


async def _run_bus(app: FastAPI, spec: ServiceSpec, url: str) -> None:
    settings, state = spec.settings, app.state
    if settings.nats_monitor_url is not None and await syncs_always(settings.nats_monitor_url) is False:
        state.warnings.append("the broker acknowledges before it syncs: set sync_interval: always")
        _log.warning("broker_does_not_sync")
    keys = _event_keys(settings)
    if keys is None:
        state.warnings.append(_NO_EVENT_KEYS)
        _log.error("event_keys_missing", zh="缺少事件签名密钥，未连接消息服务器", en="no event keys, so no bus")
        return
    state.bus = Bus(state.db, state.clock, url=url, subscriptions=spec.subscriptions, keys=keys)
    while True:
        try:
            await state.bus.run_forever(relay=settings.relay_enabled, consumers=settings.consumers_enabled)
        except Exception:  # noqa: BLE001  # a service must not go on serving without its bus; it is logged and begun anew
            _log.exception("bus_failed")
            await asyncio.sleep(_BUS_PAUSE_S)
