"""The edge: one call = one transaction = one commit, before the answer.

`EdgeRoute` verifies the token and its scope, reads the body strictly, opens ONE transaction, looks up the idempotency
key, calls the endpoint, renders, stores the answer, commits, and only then answers. Endpoints neither open nor commit.
"""

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from shared.db.bookkeeping import PendingAnswer, StoredAnswer
from shared.db.engine import Busy
from shared.db.idempotency import claim
from shared.db.single import NeedsTransaction, Replayed
from shared.db.transaction import Transaction
from shared.db.versioned import Overtaken
from shared.failpoint import reached
from shared.files.store import FileStore
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.ids import new_id
from shared.kernel.refusals import (
    CURSOR_INVALID,
    FORBIDDEN_SCOPE,
    HISTORY_REGRESSED,
    PRECONDITION_FAILED,
    PRECONDITION_REQUIRED,
)
from shared.policy.book import RULE_SET_NOT_IN_FORCE, RuleBook
from shared.web.answer import ShownOnce
from shared.web.conditional import seen_version, unless_unchanged
from shared.web.edge_docs import changes, describe, refusals, with_common
from shared.web.form import FormNames
from shared.web.paging import page_request
from shared.web.query import QueryNames
from shared.web.reader import FORM, JSON, IncomingRequest, idempotency_key, read_request

__all__ = ["Book", "Caller", "EdgeRule", "Files", "Shelf", "Tx", "edge", "edge_router", "refusals", "rule_of"]

RowScope = Literal["enterprise", "bank", "agency", "unit", "any"]
ANONYMOUS = Actor(client_id="anonymous", role=Role.AUDITOR)
"""The caller of a public route: a role that may write nothing, without scopes, party or unit."""
PUBLIC = "public"
ANY_HOLDER = "token"
"""The scope of a route that every token opens: it tells callers of themselves."""
_KEPT_HEADERS = ("content-type", "location", "etag", "content-language")
# So often a call without held rows may be overtaken, then one that holds them (a word was taken while it waited).
_SINGLE_TRIES = 2
_HELD_TRIES = 3
Endpoint = TypeVar("Endpoint", bound=Callable[..., Awaitable[Any]])


@dataclass(frozen=True, slots=True)
class EdgeRule:
    """What the edge demands of one route.

    Attributes:
        scope: scope that the token must hold; `public` for a route that needs no token, `token` for one that any opens.
        row: whose rows the store lets the caller see; documentation, the store enforces it.
        summary_zh: Chinese summary for the docs page.
        idempotent: whether a POST demands an Idempotency-Key; False only for pure computation.
        audited: whether a read opens a writable transaction, so that its audit row is kept; refusals leave one too.
        refusals_audited: whether a refused read leaves an audit row where an answered one leaves none.
        transaction: False for answers that need no database of ours; none is then held while others are waited for.
        single: whether the call is one read and one statement (see `shared.db.single`): a hot route.
        tells: False for a change that emits no event, so that none can be too large; documentation, a test holds it.
    """

    scope: str
    row: RowScope
    summary_zh: str
    idempotent: bool
    audited: bool
    refusals_audited: bool
    transaction: bool
    single: bool
    tells: bool


def edge(
    *,
    scope: str,
    row: RowScope,
    summary_zh: str,
    idempotent: bool = True,
    audited: bool = False,
    refusals_audited: bool = False,
    transaction: bool | Literal["single"] = True,
    tells: bool = True,
) -> Callable[[Endpoint], Endpoint]:
    """Name what the edge demands of the endpoint below; stands under the router's decorator."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.__dict__["edge_rule"] = EdgeRule(
            scope,
            row,
            summary_zh,
            idempotent=idempotent,
            audited=audited,
            refusals_audited=audited or refusals_audited,
            transaction=bool(transaction),
            single=transaction == "single",
            tells=tells,
        )
        return endpoint

    return mark


def rule_of(endpoint: Callable[..., Any]) -> EdgeRule:
    """Return the edge rule of an endpoint.

    Raises:
        TypeError: if the endpoint has none: such a route must not exist.
    """
    rule = getattr(endpoint, "edge_rule", None)
    if not isinstance(rule, EdgeRule):
        raise TypeError(f"{endpoint.__module__}.{endpoint.__qualname__} has no @edge(...)")
    return rule


async def _transaction(request: Request) -> Transaction:
    tx: Transaction = request.scope["edge_tx"]
    return tx


async def _rule_book(request: Request) -> RuleBook:
    book: RuleBook = request.app.state.rule_book
    return book


async def _shelf(request: Request) -> RuleBook:
    return await _rule_book(request)


async def _files(request: Request) -> FileStore:
    files: FileStore = request.app.state.files
    return files


async def _caller(request: Request) -> Actor:
    actor: Actor = request.scope["edge_actor"]
    return actor


Caller = Annotated[Actor, Depends(_caller)]
"""Who calls; for routes without a transaction."""
Tx = Annotated[Transaction, Depends(_transaction)]
"""The one transaction of this call."""
Book = Annotated[RuleBook, Depends(_rule_book)]
"""The rule sets that the service ships."""
Shelf = Annotated[RuleBook, Depends(_shelf)]
"""The same rule sets for who looks up by which one something was made, and picks none for a day."""
Files = Annotated[FileStore, Depends(_files)]
"""Where documents are kept."""
REFUSED_BY: dict[Callable[..., Any], tuple[RefusalCode, ...]] = {
    page_request: (CURSOR_INVALID,),
    seen_version: (PRECONDITION_REQUIRED, PRECONDITION_FAILED),
    _rule_book: (RULE_SET_NOT_IN_FORCE,),
}
"""Dependency → what it, or the use of what it gives, may refuse: said of every route that takes it."""


class EdgeRoute(APIRoute):
    """A route whose endpoint runs inside the one transaction of its call."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401  # FastAPI's own
        """Add what the edge demands to the description of the route."""
        self.edge_rule = rule_of(endpoint)
        super().__init__(path, endpoint, **describe(self.edge_rule, endpoint, options))
        self.responses = with_common(self.edge_rule, self, REFUSED_BY)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler: judge, read, transact, answer."""
        call = super().get_route_handler()
        rule = self.edge_rule
        path = self.path_format
        names, form = QueryNames.of(self.dependant), FormNames.of(self.dependant)
        expected = None if self.body_field is None else FORM if form.known else JSON

        async def handle(request: Request) -> Response:
            actor = await _identify(request, rule)
            keyed = rule.idempotent and request.method == "POST"
            try:
                _check_scope(actor, rule)
                _check_history(request, rule)
                names.check(request)
                key = idempotency_key(request) if keyed else None
                incoming = await read_request(request, expected=expected, form=form)
                if not rule.transaction:
                    return _read(request, await call(request))
                answer = await _transact(request, call, actor=actor, rule=rule, route=path, key=key, incoming=incoming)
            except Refusal as refusal:
                if rule.refusals_audited and refusal.code.status in _AUDITED_REFUSALS:
                    await _audit_refusal(request, actor, path, refusal)
                raise
            else:
                reached(request.app.state.service_name, "after_commit_before_answer")
                return _read(request, answer)
            finally:
                await request.close()  # uploaded files; FastAPI closes them only where it read the form itself

        return handle


_ACTION_LENGTH = 80
_SUBJECT_LENGTH = 200
_AUDITED_REFUSALS = frozenset({403, 404})


def _read(request: Request, answer: Response) -> Response:
    return unless_unchanged(request, answer) if request.method == "GET" else answer


async def _identify(request: Request, rule: EdgeRule) -> Actor:
    if rule.scope == PUBLIC:
        return ANONYMOUS
    actor: Actor = await request.app.state.verifier.verify(request.headers.get("authorization"))
    request.scope["edge_client"] = actor.client_id
    request.scope["edge_actor"] = actor
    return actor


def _check_scope(actor: Actor, rule: EdgeRule) -> None:
    if rule.scope not in {PUBLIC, ANY_HOLDER} and rule.scope not in actor.scopes:
        raise Refusal(FORBIDDEN_SCOPE, scope=rule.scope)


def _check_history(request: Request, rule: EdgeRule) -> None:
    """Refuse every change while the database is older than what the service has told others."""
    found = request.app.state.history.found
    if found is not None and changes(rule, {request.method}):
        raise Refusal(HISTORY_REGRESSED, noticed_at=found.noticed_at)


Call = Callable[[Request], Coroutine[Any, Any, Response]]


async def _transact(
    request: Request,
    call: Call,
    *,
    actor: Actor,
    rule: EdgeRule,
    route: str,
    key: str | None,
    incoming: IncomingRequest,
) -> Response:
    state = request.app.state
    reads = request.method in {"GET", "HEAD"}
    async with state.admission.admitted(reads=reads):
        if not rule.single or key is None:
            return await _whole(request, call, actor, rule=rule, route=route, key=key, incoming=incoming)
        pending = PendingAnswer(f"{request.method} {route}", key, incoming.fingerprint)
        # Behind a pooler the two messages of a statement that is not prepared may come to two servers.
        tries = 0 if state.db.is_pooled else _SINGLE_TRIES
        while tries:
            tries -= 1
            try:
                return await _single(request, call, actor, pending)
            except NeedsTransaction:
                break
            except Overtaken:
                continue
        # Others are quicker each time, or something must follow at once: from here on the rows are held.
        for _ in range(_HELD_TRIES):
            with suppress(Overtaken):
                return await _whole(request, call, actor, rule=rule, route=route, key=key, incoming=incoming)
        raise Busy


async def _single(request: Request, call: Call, actor: Actor, pending: PendingAnswer) -> Response:
    """Make a call of one read and one statement."""
    state = request.app.state
    try:
        async with state.db.single(
            pending,
            actor=actor,
            clock=state.clock,
            request_id=request.scope["request_id"],
            causation_id=new_id(),
        ) as hands:
            request.scope["edge_tx"] = hands
            try:
                response = await call(request)
            except (Refusal, RequestValidationError):
                await hands.look_up()
                raise
            hands.answer(_kept_answer(response))
            reached(state.service_name, "before_request_commit")
            return response
    except Replayed as replayed:
        return _replayed(replayed.answer)


async def _whole(
    request: Request,
    call: Call,
    actor: Actor,
    *,
    rule: EdgeRule,
    route: str,
    key: str | None,
    incoming: IncomingRequest,
) -> Response:
    """Make a call in a transaction of its own."""
    state = request.app.state
    async with state.db.transaction(
        actor=actor,
        clock=state.clock,
        request_id=request.scope["request_id"],
        causation_id=new_id(),
        read_only=request.method in {"GET", "HEAD"} and not rule.audited,
        by_statement=True,
    ) as tx:
        request.scope["edge_tx"] = tx
        if key is None:
            response = await call(request)
            reached(state.service_name, "before_request_commit")
            return response
        stored = await claim(tx, route=f"{request.method} {route}", key=key, fingerprint=incoming.fingerprint)
        if stored is not None:
            return _replayed(stored)
        response = await call(request)
        tx.answer(_kept_answer(response))
        reached(state.service_name, "before_request_commit")
        return response


def _kept_answer(response: Response) -> StoredAnswer:
    kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    body = response.kept_body if isinstance(response, ShownOnce) else bytes(response.body)
    return StoredAnswer(status=response.status_code, headers=kept, body=body)


def _replayed(stored: StoredAnswer) -> Response:
    return Response(stored.body, stored.status, headers={**stored.headers, "idempotency-replayed": "true"})


async def _audit_refusal(request: Request, actor: Actor, route: str, refusal: Refusal) -> None:
    """Record a refused read in a second transaction: the first one was rolled back with the refusal."""
    state = request.app.state
    async with (
        state.admission.admitted(reads=False),  # a rush of refused reads would take every connection
        state.db.transaction(
            actor=actor, clock=state.clock, request_id=request.scope["request_id"], causation_id=new_id()
        ) as tx,
    ):
        uscc = refusal.details.get("uscc")
        tx.audit(
            f"{request.method} {route}"[:_ACTION_LENGTH],
            subject=request.url.path[:_SUBJECT_LENGTH],
            uscc=uscc if isinstance(uscc, str) else None,
            outcome="refused",
            detail={"code": refusal.code.code},
        )


def edge_router(*, prefix: str = "/v1", tags: list[str] | None = None) -> APIRouter:
    """Return a router all of whose routes pass the edge."""
    return APIRouter(prefix=prefix, tags=list(tags or []), route_class=EdgeRoute)
