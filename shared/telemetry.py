"""Structured log lines, traces and the metrics registry: one request can be followed over every hop."""

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog
import structlog.tracebacks
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import Counter, Gauge, Histogram

METRIC_PREFIX = "kechuang_"
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SECRETS = frozenset({"authorization", "password", "client_secret", "secret", "token", "access_token", "database_url"})
# Without local variables: they hold passwords, tokens and personal data.
_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=30)
)
_propagator = TraceContextTextMapPropagator()
_providers: dict[str, TracerProvider] = {}


def counter(name: str, what: str, labels: tuple[str, ...] = ()) -> Counter:
    """Define a counter named `kechuang_<name>`; docs/metrics.md explains each (a test compares the two lists)."""
    return Counter(METRIC_PREFIX + name, what, labels)


def gauge(name: str, what: str, labels: tuple[str, ...] = ()) -> Gauge:
    """Define a gauge named `kechuang_<name>`; docs/metrics.md explains each."""
    return Gauge(METRIC_PREFIX + name, what, labels)


def histogram(name: str, what: str, labels: tuple[str, ...] = ()) -> Histogram:
    """Define a histogram of seconds named `kechuang_<name>`, from 1 ms to 10 s; docs/metrics.md explains each."""
    return Histogram(METRIC_PREFIX + name, what, labels, buckets=_BUCKETS)


# Without the local variables: they hold personal data and secrets.
_tracebacks = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))


def _mask_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401
    for name in event:
        if name.lower() in _SECRETS:
            event[name] = "***"
    return event


def _add_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
        event["span_id"] = f"{context.span_id:016x}"
    return event


def configure_logging(service: str, level: str = "INFO") -> None:
    """Write one JSON object per line to standard error, of our own lines and of the libraries' alike.

    `request_id`, `event_id` and `causation_id` are on each line that is written while a request, an event or a job is
    under way: the edges bind them with `structlog.contextvars`.
    """

    def name_service(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401
        event.setdefault("service", service)
        return event

    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        name_service,
        _add_trace,
        _mask_secrets,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _TRACEBACKS,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = name != "uvicorn.access"  # our own line per request says more


def configure_tracing(service: str, otlp_endpoint: str | None) -> None:
    """Make the tracer of `service`; spans leave the process only if an endpoint is set.

    Args:
        service: name that the spans carry.
        otlp_endpoint: address of an OTLP/HTTP collector, such as `http://collector:4318/v1/traces`.
    """
    if service in _providers:
        return
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    if otlp_endpoint is not None:
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=otlp_endpoint)))
    _providers[service] = provider


def provider_of(service: str) -> TracerProvider:
    """Return the tracer provider of `service`, made without an exporter if it was not configured."""
    configure_tracing(service, None)
    return _providers[service]


def flush_traces(service: str) -> None:
    """Send the spans that are still waiting; called when the process stops."""
    if service in _providers:
        _providers[service].force_flush(timeout_millis=2_000)


def current_traceparent() -> str | None:
    """Return the W3C `traceparent` of the span under way, for an event or an outgoing request; None outside a span."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent")


@contextmanager
def continue_trace(
    service: str, traceparent: str | None, name: str, *, kind: SpanKind = SpanKind.CONSUMER
) -> Iterator[Span]:
    """Open a span named `name` of `service` under the trace that `traceparent` names, or a new trace.

    A malformed `traceparent` starts a new trace: it comes from outside and must never fail a request.
    """
    carrier = {"traceparent": traceparent} if traceparent else {}
    context = _propagator.extract(carrier)
    tracer = provider_of(service).get_tracer("kechuang")
    with tracer.start_as_current_span(name, context=context, kind=kind) as span:
        yield span
