"""The pages that the people who run a service look at: health, version, metrics."""

import contextlib
from datetime import date, datetime
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import State

from shared.db.engine import Busy, DatabaseUnavailable
from shared.db.migrate import head_of, is_current
from shared.kernel.clock import SystemClock, shanghai_date
from shared.policy.book import RuleBook
from shared.policy.header import Confidence
from shared.policy.trust import trust_of
from shared.settings import product_version
from shared.web import trouble
from shared.web.edge_docs import anywhere
from shared.web.query import OperatorsRoute

_MISSING = text("SELECT name FROM unnest(CAST(:names AS text[])) AS name WHERE to_regclass(name) IS NULL")
_STARTED_AT = SystemClock().now()

router = APIRouter(tags=["operations"], responses=anywhere(), route_class=OperatorsRoute)


class Liveness(BaseModel):
    """The process answers."""

    status: Literal["live"]


class Readiness(BaseModel):
    """Whether the service can work: each check by name, `ok` or what is wrong; warnings stop nothing."""

    status: Literal["ready", "not_ready"]
    checks: dict[str, str]
    warnings: list[str]


class RuleSetVersion(BaseModel):
    """One version of a rule set that a service ships, with its period; /v1/rule-sets shows its numbers and sources."""

    service: str
    policy: str
    version: str
    sha256: str
    valid_from_on: date
    valid_until_on: date | None
    title_zh: str
    title_en: str
    source_doc: str
    source_no: str
    issued_on: date | None
    supersedes: str | None
    decides_today: bool
    weakest_confidence: Confidence | None
    confidence_text_zh: str
    confidence_text_en: str
    legal_basis_ended_on: date | None


class Versions(BaseModel):
    """What runs: code, tables and rule sets."""

    service: str
    version: str
    migration: str | None
    started_at: datetime
    rule_sets: list[RuleSetVersion]


_NOT_READY: dict[int | str, dict[str, Any]] = {
    503: {
        "model": Readiness,
        "description": "尚未就绪 / not ready",
        "content": {
            "application/json": {
                "example": {"status": "not_ready", "checks": {"database": "unreachable: OSError"}, "warnings": []}
            }
        },
    }
}
_METRICS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "指标 / metrics",
        "content": {
            "text/plain": {
                "schema": {"type": "string"},
                "example": 'http_requests_total{service="finance",method="GET",route="/v1/loans",status="200"} 12.0\n',
            }
        },
    }
}


@router.get("/health/live", summary="存活 / The process runs", operation_id="read_liveness", response_model=Liveness)
async def live() -> JSONResponse:
    """Say that the process answers; nothing else is asked."""
    return JSONResponse({"status": "live"})


@router.get(
    "/health/ready",
    summary="就绪 / The service can work",
    operation_id="read_readiness",
    response_model=Readiness,
    responses=_NOT_READY,
)
async def ready(request: Request) -> JSONResponse:
    """Say whether database, migrations and bus are as the service needs them; warnings do not stop it."""
    state = request.app.state
    checks: dict[str, str] = {}
    warnings: list[str] = list(state.warnings)
    in_database: list[trouble.Trouble] = []
    try:
        await state.db.ping()
        checks["database"] = "ok"
        missing = await _missing_tables(request)
        checks["tables"] = f"missing: {', '.join(missing)}" if missing else "ok"
        if state.has_migrations:
            current = await is_current(state.db, state.service_name)
            checks["migrations"] = "ok" if current else "behind the code: run the migrations"
        if not missing:
            in_database = await trouble.seen_in_database(state)
    except (DatabaseUnavailable, Busy, SQLAlchemyError, OSError) as fault:
        checks["database"] = f"unreachable: {type(fault).__name__}"
    # Looked at together, behind everything that is waited for: a check never says what no warning explains.
    found = [*trouble.seen_here(state), *in_database]
    bus = state.bus
    if bus is not None:
        # Without the bus the service still answers; events wait in the outbox, so this stops no traffic.
        checks["bus"] = "ok" if bus.is_connected else "not connected"
    if state.history.found is not None:
        # Reading goes on, so the process stays in service.
        checks["history"] = "regressed"
    trouble.note(state.service_name, found)
    warnings += [one.words for one in found]
    fine = all(value == "ok" for name, value in checks.items() if name not in {"bus", "history"})
    body = {"status": "ready" if fine else "not_ready", "checks": checks, "warnings": warnings}
    return JSONResponse(body, status_code=200 if fine else 503)


async def _missing_tables(request: Request) -> list[str]:
    names = sorted(table.name for table in request.app.state.metadata.tables.values())
    async with request.app.state.db.engine.connect() as connection:
        return list((await connection.execute(_MISSING, {"names": names})).scalars())


@router.get(
    "/version",
    summary="版本与规则集 / Versions of code, tables and rule sets",
    operation_id="read_version",
    response_model=Versions,
)
async def version(request: Request) -> JSONResponse:
    """Name the versions of the code, the tables and the rule sets, the latter with period and digest."""
    return JSONResponse(versions_of(request.app.state))


def versions_of(state: State) -> dict[str, Any]:
    """Return what runs in this process, as the version page shows it."""
    return {
        "service": state.service_name,
        "version": product_version(),
        "migration": head_of(state.service_name) if state.has_migrations else None,
        "started_at": _STARTED_AT.isoformat(),
        "rule_sets": rule_set_versions(state.service_name, state.rule_book, today=shanghai_date(state.clock.now())),
    }


def rule_set_versions(service: str, book: RuleBook, *, today: date) -> list[dict[str, Any]]:
    """Return every version of every rule set of a service, and which of them decides today."""
    deciding = {one.sha256 for one in book.deciding(today)}
    return [
        {
            "service": service,
            "policy": rule_set.policy,
            "version": rule_set.version,
            "sha256": rule_set.sha256,
            "valid_from_on": rule_set.header.effective_from.isoformat(),
            "valid_until_on": rule_set.header.effective_to.isoformat() if rule_set.header.effective_to else None,
            "title_zh": rule_set.header.title_zh,
            "title_en": rule_set.header.title_en,
            "source_doc": rule_set.header.source_doc,
            "source_no": rule_set.header.source_no,
            "issued_on": issued_on.isoformat() if (issued_on := rule_set.header.issued_on) else None,
            "supersedes": rule_set.header.supersedes,
            "decides_today": rule_set.sha256 in deciding,
            "weakest_confidence": trust.weakest,
            "confidence_text_zh": trust.text_zh,
            "confidence_text_en": trust.text_en,
            "legal_basis_ended_on": basis.ended_on.isoformat() if (basis := rule_set.header.legal_basis) else None,
        }
        for rule_set, trust in ((one, trust_of(one)) for one in book.rule_sets)
    ]


@router.get(
    "/metrics",
    summary="指标 / Prometheus metrics",
    operation_id="read_metrics",
    response_class=Response,
    responses=_METRICS,
)
async def metrics(request: Request) -> Response:
    """Give the metrics of this process; docs/metrics.md explains each."""
    state = request.app.state
    found = trouble.seen_here(state)
    with contextlib.suppress(DatabaseUnavailable, Busy, SQLAlchemyError, OSError):
        found += await trouble.seen_in_database(state)
    trouble.note(state.service_name, found)
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
