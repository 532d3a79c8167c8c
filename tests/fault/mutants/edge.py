"""Deliberate bugs of the edge: tenants, scopes, tokens, headers, bodies, files, clocks, limits."""

import base64
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Iterator
from typing import Any

import orjson
from sqlalchemy import select
from starlette.requests import ClientDisconnect, Request

from gateway.api import caller
from services.finance.lending.models.loan import Loan
from services.finance.lending.store import loan as loans
from shared.db import engine, keeping, transaction
from shared.files import tabular
from shared.kernel import uscc
from shared.kernel.actor import Actor, Role
from shared.kernel.shape import Shape
from shared.web import admission, auth, body, client_connection, connection_table, edge, export
from shared.web.admission import Admission
from tests.fault.mutants import Mutant


def _tenant_filter_missing() -> None:
    loans._visible_rows = lambda _tx: select(Loan)


def _extra_fields_ignored() -> None:
    # Routes are made after this, so that they take the shapes as they are then.
    for shape in [Shape, *_below(Shape)]:
        shape.model_config["extra"] = "ignore"
        if "table" not in shape.model_config:
            shape.model_rebuild(force=True)


def _below(shape: type[Shape]) -> Iterator[type[Shape]]:
    for one in shape.__subclasses__():
        yield one
        yield from _below(one)


def _scope_check_missing() -> None:
    edge._check_scope = lambda *_: None


def _claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def _header_of(token: str) -> dict[str, Any]:
    try:
        part = token.partition(".")[0]
        found = orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _alg_taken_from_the_token() -> None:
    honest = auth.TokenVerifier._claims

    async def claims(self: auth.TokenVerifier, token: str) -> dict[str, Any]:
        if str(_header_of(token).get("alg")).lower() == "none":
            return _claims_of(token)
        return await honest(self, token)

    auth.TokenVerifier._claims = claims


def _claims_changed(**forgiven: Any) -> None:
    """Let a verifier see other claims than those of the token."""
    honest = auth.TokenVerifier._judge

    def judge(self: auth.TokenVerifier, claims: dict[str, Any], now: dt.datetime) -> tuple[Actor, float]:
        return honest(self, {**claims, **{name: value(claims) for name, value in forgiven.items()}}, now)

    auth.TokenVerifier._judge = judge


def _not_before_ignored() -> None:
    _claims_changed(nbf=lambda _: None)


def _skew_of_hours() -> None:
    auth.SKEW_S = 3 * 3_600


class _Everything:
    def __contains__(self, name: object) -> bool:
        return name not in {"connection", "host", "transfer-encoding", "x-request-id", "traceparent"}


def _every_header_goes_on() -> None:
    caller._ONWARD = _Everything()


def _identity_headers_believed() -> None:
    honest = edge._identify

    async def identify(request: Any, rule: edge.EdgeRule) -> Actor:
        if "authorization" not in request.headers and "x-user" in request.headers:
            return Actor(client_id=request.headers["x-user"], role=Role.CITY, scopes=frozenset({rule.scope}))
        return await honest(request, rule)

    edge._identify = identify


def _export_without_escaping() -> None:
    export.escape_formula = lambda value: value


def _last_of_two_keys_wins() -> None:
    body._unique = dict


def _business_date_of_greenwich() -> None:
    transaction.shanghai_date = lambda instant: instant.astimezone(dt.UTC).date()


def _check_character_ignored() -> None:
    uscc.is_valid = uscc.is_well_formed


def _every_list_is_utf_8() -> None:
    tabular.text_encoding = lambda _raw: "utf-8"


def _no_limits() -> None:
    for name in engine.TIMEOUTS:
        engine.TIMEOUTS[name] = "0"


def _no_time_for_a_request() -> None:
    client_connection.ClientConnection.over_time = lambda *_: None


def _newcomers_make_room() -> None:
    def refuse(table: connection_table.ConnectionTable, limit: str, newcomer: Any, _may_go: Any) -> bool:
        table.close(newcomer, limit)
        return False

    connection_table.ConnectionTable._make_room = refuse


def _half_a_body_counts() -> None:
    honest = Request.stream

    async def stream(self: Request) -> AsyncIterator[bytes]:
        with contextlib.suppress(ClientDisconnect):
            async for piece in honest(self):
                yield piece

    Request.stream = stream  # type: ignore[method-assign, assignment]
    lost = client_connection.ClientConnection.connection_lost

    def connection_lost(self: client_connection.ClientConnection, exc: Exception | None) -> None:
        if self._whole:
            self._is_taken(b"".join(self._whole))
        lost(self, exc)

    client_connection.ClientConnection.connection_lost = connection_lost  # type: ignore[method-assign]


def _statements_outlive_their_transaction() -> None:
    for name in ("statement_cache_size", "prepared_statement_cache_size"):
        engine._UNPREPARED[name] = 100
    del engine._UNPREPARED["prepared_statement_name_func"]


def _nobody_is_turned_away() -> None:
    @contextlib.asynccontextmanager
    async def admitted(_self: Admission, **_: bool) -> AsyncIterator[None]:
        yield

    Admission.admitted = admitted  # type: ignore[method-assign]


def _no_place_for_reads() -> None:
    honest = Admission.__init__

    def begin(self: Admission, service: str, *, slots: int) -> None:
        honest(self, service, slots=slots)
        self._changes.places = slots

    Admission.__init__ = begin  # type: ignore[method-assign]


def _everybody_waits() -> None:
    admission.WAITING_PER_SLOT, admission.LONGEST_WAIT_S = 10**6, 10.0**6


def _runner_may_all() -> None:
    keeping.rights_of = lambda _table: "ALL"


AREA: tuple[Mutant, ...] = (
    Mutant("tenant_filter_missing", "one read looks a loan up by its id alone", ("E1",), _tenant_filter_missing),
    Mutant("extra_fields_ignored", "fields that a shape does not know are dropped", ("E2",), _extra_fields_ignored),
    Mutant("scope_check_missing", "a token's scopes are not looked at", ("E3",), _scope_check_missing),
    Mutant("alg_taken_from_the_token", "a token says itself that it is unsigned", ("E4",), _alg_taken_from_the_token),
    Mutant("not_before_ignored", "a token is taken before its time", ("E4",), _not_before_ignored),
    Mutant("skew_of_hours", "clocks may differ by three hours", ("E4", "G1"), _skew_of_hours),
    Mutant("every_header_goes_on", "the gateway sends every header on", ("E7",), _every_header_goes_on),
    Mutant("identity_headers_believed", "a header names the caller", ("E7",), _identity_headers_believed),
    Mutant("export_without_escaping", "names are exported as they are", ("F2",), _export_without_escaping),
    Mutant("last_of_two_keys_wins", "of two equal keys in a body the last is taken", ("F4",), _last_of_two_keys_wins),
    Mutant("business_date_of_greenwich", "the business date is that of UTC", ("G1",), _business_date_of_greenwich),
    Mutant("check_character_ignored", "a code is judged by its form alone", ("F1", "F5"), _check_character_ignored),
    Mutant("every_list_is_utf_8", "a list is read as UTF-8 whatever it is", ("F3",), _every_list_is_utf_8),
    Mutant("no_time_for_a_request", "half a request may stay for ever", ("D5",), _no_time_for_a_request),
    Mutant("newcomers_make_room", "of too many connections the newest is refused", ("D5",), _newcomers_make_room),
    Mutant("half_a_body_counts", "what came of a body that was left counts as all of it", ("N3",), _half_a_body_counts),
    Mutant(
        "statements_outlive_their_transaction",
        "behind a pooler statements are prepared for a session",
        ("N2",),
        _statements_outlive_their_transaction,
    ),
    Mutant("no_limits", "statements, locks and idle transactions may last for ever", ("G4",), _no_limits),
    Mutant("runner_may_all", "a service's role is given every right on its tables", ("H1",), _runner_may_all),
    Mutant("nobody_is_turned_away", "calls wait for connections inside the pool", ("D4", "H2"), _nobody_is_turned_away),
    Mutant("no_place_for_reads", "changes may take every connection", ("H2",), _no_place_for_reads),
    Mutant("everybody_waits", "the line before the connections has no end", ("D4", "H2"), _everybody_waits),
)
