"""Structured log lines, traces and the metrics registry: one request can be followed over every hop."""

import asyncio
import logging
import re
import sys
import time
from collections.abc import MutableMapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
import structlog.tracebacks
from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import Counter, Gauge, Histogram

from shared.kernel.fault_words import fault_words

METRIC_PREFIX = "kechuang_"
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_MOST_WAITING = 64
_SECRETS = frozenset({"authorization", "password", "client_secret", "secret", "token", "access_token", "database_url"})


class _Tracebacks(structlog.tracebacks.ExceptionDictTransformer):
    """Tracebacks without local variables and without the values in messages: they hold secrets and personal data."""

    def __init__(self) -> None:
        super().__init__(show_locals=False, max_frames=30)

    def __call__(self, exc_info: structlog.typing.ExcInfo) -> list[dict[str, Any]]:
        """Return the frames of an exception and of those that it came from."""
        told = super().__call__(exc_info)
        _say_without_values(told, exc_info[1])
        return told


def _say_without_values(told: list[dict[str, Any]], fault: BaseException | None) -> None:
    for one in told:
        if fault is None:  # the chain is not the one that was rendered: rather say nothing of it
            one.update(exc_value="", exc_notes=[])
            continue
        one.update(exc_value=fault_words(fault), exc_notes=[])
        if isinstance(fault, BaseExceptionGroup):
            for inner, part in zip(one.get("exceptions", ()), fault.exceptions, strict=False):
                _say_without_values(inner, part)
        fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)


_TRACEBACKS = structlog.processors.ExceptionRenderer(_Tracebacks())
_TRACEPARENT = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_propagator = TraceContextTextMapPropagator()
_ids = RandomIdGenerator()
_providers: dict[str, TracerProvider] = {}


@dataclass(slots=True)
class _Lines:
    """Which lines are written at all, and which wait.

    Attributes:
        requests: one line per request, as the level allows.
        waiting: lines that are written together before the next one, or at the end of the loop's turn.
    """

    requests: bool = True
    waiting: list[bytes] = field(default_factory=list)


_lines = _Lines()


def counter(name: str, what: str, labels: tuple[str, ...] = ()) -> Counter:
    """Define a counter named `kechuang_<name>`; docs/metrics.md explains each (a test compares the two lists)."""
    return Counter(METRIC_PREFIX + name, what, labels)


def gauge(name: str, what: str, labels: tuple[str, ...] = ()) -> Gauge:
    """Define a gauge named `kechuang_<name>`; docs/metrics.md explains each."""
    return Gauge(METRIC_PREFIX + name, what, labels)


def histogram(name: str, what: str, labels: tuple[str, ...] = ()) -> Histogram:
    """Define a histogram of seconds named `kechuang_<name>`, from 1 ms to 10 s; docs/metrics.md explains each."""
    return Histogram(METRIC_PREFIX + name, what, labels, buckets=_BUCKETS)


def _mask_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401
    for name in event:
        if name.lower() in _SECRETS:
            event[name] = "***"
        elif isinstance(event[name], BaseException):
            event[name] = fault_words(event[name])
    return event


def _add_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
        event["span_id"] = f"{context.span_id:016x}"
    return event


class _Line:
    """Where structlog's own lines go; the name is the module that speaks."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    def msg(self, line: bytes) -> None:
        _write(line)

    debug = info = warning = error = critical = exception = log = msg


class _LineHandler(logging.Handler):
    """Where the lines of libraries go."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record of a library."""
        _write(self.format(record).encode())


def _is_news(record: logging.LogRecord) -> bool:
    """Leave out what the server says of a request that it could not read: our own line says more."""
    return record.msg != "Invalid HTTP request received."


def _write(line: bytes) -> None:
    """Write one line to standard error, behind those that wait; the supervisor keeps them in the service's log file."""
    if _lines.waiting:
        line = b"\n".join((*_lines.waiting, line))
        _lines.waiting.clear()
    stream = sys.stderr
    stream.write(line.decode() + "\n")
    stream.flush()


def _write_soon(line: bytes) -> None:
    """Write a line at the end of the running loop's turn, together with others: one system call for all of them."""
    waiting = _lines.waiting
    if not waiting:
        asyncio.get_running_loop().call_soon(_write_waiting)
    waiting.append(line)
    if len(waiting) >= _MOST_WAITING:
        _write_waiting()


def _write_waiting() -> None:
    if _lines.waiting:
        _write(_lines.waiting.pop())


def _add_name(logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401
    event["logger"] = logger.name
    return event


def _render(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> bytes:  # noqa: ANN401
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS)


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
        structlog.processors.add_log_level,
        name_service,
        _add_trace,
        _mask_secrets,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _TRACEBACKS,
    ]
    _lines.requests = getattr(logging, level.upper()) <= logging.INFO
    # Our own lines go past the standard library's logging, which costs three times as much as the line itself.
    structlog.configure(
        processors=[_add_name, *shared, _render],
        logger_factory=_Line,
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        cache_logger_on_first_use=False,
    )
    handler = _LineHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
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
        library.addFilter(_is_news)


def configure_tracing(service: str, otlp_endpoint: str | None) -> None:
    """Make the tracer of `service` if an endpoint is set; without one, ids alone travel on.

    Args:
        service: name that the spans carry.
        otlp_endpoint: address of an OTLP/HTTP collector, such as `http://collector:4318/v1/traces`.
    """
    if otlp_endpoint is not None and service not in _providers:
        provider_of(service).add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=otlp_endpoint)))


def provider_of(service: str) -> TracerProvider:
    """Return the tracer provider of `service`; from now on its spans are recorded."""
    if service not in _providers:
        _providers[service] = TracerProvider(resource=Resource.create({"service.name": service}))
    return _providers[service]


def flush_traces(service: str) -> None:
    """Send the spans that are still waiting; called when the process stops."""
    if service in _providers:
        _providers[service].force_flush(timeout_millis=2_000)


def current_traceparent() -> str | None:
    """Return the W3C `traceparent` of the span under way, for an event or an outgoing request; None outside a span."""
    own = trace.get_current_span().get_span_context()
    if not own.is_valid:
        return None
    return f"00-{own.trace_id:032x}-{own.span_id:016x}-{own.trace_flags:02x}"


def traceparent_below(service: str, given: bytes) -> str | None:
    """Return the `traceparent` of a span of `service` that is not recorded, as `continue_trace` would make it.

    None where only that can tell: spans of the service are recorded, or `given` is not of the plain form.

    Args:
        service: that answers.
        given: the caller's own `traceparent`; empty where it sent none.
    """
    if service in _providers:
        return None
    if not given:
        return f"00-{_ids.generate_trace_id():032x}-{_ids.generate_span_id():016x}-00"
    if _TRACEPARENT.fullmatch(given) is None:
        return None
    caller = given.decode()
    return f"{caller[:36]}{_ids.generate_span_id():016x}{caller[52:]}"


def log_request(
    service: str,
    request_id: str,
    traceparent: str | None = None,
    **fields: str | int | float | None,  # noqa: PYI041  # the names of JSON
) -> None:
    """Write the one line of a request, as structlog would, but past its chain: it is written for every call.

    Args:
        service: that answered.
        request_id: of the request.
        traceparent: of the span that stands for it, and the line waits for the end of the loop's turn; None: it is the
            span under way, and the line is written at once.
        fields: method, path, status, ms, client_id; none of them is a secret.
    """
    if not _lines.requests:
        return
    line = {
        **fields,
        "event": "request",
        "logger": "shared.web.middleware",
        "request_id": request_id,
        "level": "info",
        "service": service,
        "at": datetime.fromtimestamp(time.time(), UTC),  # the time of a log line
    }
    span = traceparent or current_traceparent()
    if span is not None:
        _, line["trace_id"], line["span_id"], _ = span.split("-")
    write = _write if traceparent is None else _write_soon
    write(orjson.dumps(line, default=str, option=orjson.OPT_UTC_Z))


def continue_trace(
    service: str, traceparent: str | None, name: str, *, kind: SpanKind = SpanKind.CONSUMER
) -> AbstractContextManager[Span]:
    """Open a span named `name` of `service` under the trace that `traceparent` names, or a new trace.

    A malformed `traceparent` starts a new trace: it comes from outside and must never fail a request.
    """
    context = _propagator.extract({"traceparent": traceparent}) if traceparent else Context()
    provider = _providers.get(service)
    if provider is None:
        return _PassingOn(context)
    return provider.get_tracer("kechuang").start_as_current_span(name, context=context, kind=kind)


class _PassingOn(AbstractContextManager[Span]):
    """Carries the ids of a trace on without recording it: nobody would receive the span."""

    __slots__ = ("_context", "_token")

    def __init__(self, context: Context) -> None:
        self._context = context

    def __enter__(self) -> Span:
        caller = trace.get_current_span(self._context).get_span_context()
        own = SpanContext(
            trace_id=caller.trace_id if caller.is_valid else _ids.generate_trace_id(),
            span_id=_ids.generate_span_id(),
            is_remote=False,
            trace_flags=caller.trace_flags,
            trace_state=caller.trace_state,
        )
        span = NonRecordingSpan(own)
        self._token = attach(trace.set_span_in_context(span, self._context))
        return span

    def __exit__(self, *_: object) -> None:
        detach(self._token)
