"""One look at one page: who, in which language, what was typed, and the way to the API and back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import orjson
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway.console.form import Fault, Form, faults_of
from gateway.console.own_api import Asked, OwnApi, OwnApiDownError, Said, Waiting, address
from gateway.console.page import Page
from gateway.console.render import Renderer
from gateway.console.site_names import ROOT
from gateway.console.visitor import Visitor
from gateway.console.words import Words
from shared.kernel.actor import Actor
from shared.kernel.clock import shanghai_date
from shared.kernel.errors import Refusal
from shared.web.problem import texts


class PageRefusedError(Exception):
    """The page cannot be shown: the API refused what it is about; the problem is shown instead."""

    def __init__(self, status: int, problem: Mapping[str, Any] | None = None) -> None:
        """Keep what was answered; without a problem document the status speaks for itself."""
        super().__init__(str(status))
        self.status = status
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a page that the rest can do without.

    Attributes:
        body: what the API answered, None where it refused or did not answer.
        problem: why there is none.
        status: HTTP status; 503 where nothing answered.
    """

    body: Any
    problem: Mapping[str, Any] | None = None
    status: int = 200

    @property
    def is_away(self) -> bool:
        """Whether whoever keeps it does not answer now; otherwise there is nothing for this reader."""
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR


@dataclass(slots=True, kw_only=True)
class Visit:
    """What a view is given.

    Attributes:
        request: of the browser.
        page: that is looked at.
        visitor: who looks, None without sign-in.
        words: texts in the language of the page.
        values: values in the address.
        state: of the application, for what a person does with their own account.
        api: the platform's own API.
        renderer: makes HTML of templates.
        form: what was typed; empty for GET, unless it was kept while the person signed in again.
        note: said above the page.
        waiting: for the API.
    """

    request: Request
    page: Page
    visitor: Visitor | None
    words: Words
    values: Mapping[str, str]
    state: State
    api: OwnApi
    renderer: Renderer
    form: Form = field(default_factory=Form)
    note: str = ""
    waiting: Waiting = field(default_factory=Waiting)

    @property
    def who(self) -> Visitor:
        """The person who signed in; only for pages that need one."""
        if self.visitor is None:
            raise PageRefusedError(HTTPStatus.UNAUTHORIZED)
        return self.visitor

    @property
    def actor(self) -> Actor:
        """The person as the audit names them; only for pages that need one."""
        who = self.who
        return Actor(client_id=who.subject, role=who.role, scopes=who.scopes, party=who.party, unit_id=who.unit_id)

    def refusal_text(self, refusal: Refusal) -> str:
        """Return a refusal of ours as people read it."""
        title, way_out, _hint = texts(refusal.code, refusal.details, self.words.language)
        return f"{title}。{way_out}" if self.words.language == "zh" else f"{title}. {way_out}"

    @property
    def here(self) -> str:
        """The address of the page, for a form that leads back to it."""
        query = self.request.scope["query_string"].decode("latin-1")
        raw = self.request.scope.get("raw_path", b"").decode("latin-1") or ROOT
        return raw + (f"?{query}" if query and self.request.method in {"GET", "HEAD"} else "")

    def units(self) -> list[tuple[str, str]]:
        """Return the reporting units of today, as choices of a form."""
        return self.words.units(shanghai_date(self.state.clock.now()))

    def value(self, name: str) -> str:
        """Return a value of the address, as it was meant."""
        return unquote(self.values[name])

    def asked_for(self, name: str) -> str:
        """Return a parameter of the address, empty without one."""
        return self.request.query_params.get(name, "").strip()

    async def ask(
        self,
        operation: str,
        at: Mapping[str, object] | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        content: tuple[str, bytes] | None = None,
    ) -> Said:
        """Call an operation of the API with the person's token and return what it answers, a refusal too.

        Args:
            operation: one of those that the page names, as `POST /v1/loans/{loan_id}/drawdowns`.
            at: values of its address.
            query: parameters; what is empty is left out.
            body: of the request, sent as JSON.
            headers: besides token, language and ids.
            content: media type and bytes instead of `body`, for files.

        Raises:
            OwnApiDownError: nothing answers.
            LookupError: the page does not name the operation.
        """
        if operation not in self.page.uses:
            raise LookupError(f"the page {self.page.name} does not say that it uses {operation}")
        method, _, template = operation.partition(" ")
        ids = {"accept-language": self.words.language, "x-request-id": self.request.scope["request_id"]}
        sent = {**ids, **(headers or {})}
        if self.visitor is not None:
            sent["authorization"] = f"Bearer {self.visitor.token}"
        client = self.request.client
        raw = b""
        if content is not None:
            sent["content-type"], raw = content
        elif body is not None:
            sent["content-type"], raw = "application/json", orjson.dumps(body)
        told = {name: value for name, value in (query or {}).items() if value not in (None, "", [], ())}
        asked = Asked(
            method=method,
            path=address(template, at or {}),
            query=told,
            headers=sent,
            content=raw,
            client=None if client is None else (client.host, client.port),
        )
        with self.waiting.counted():
            return await self.api.ask(asked)

    async def read(
        self, operation: str, at: Mapping[str, object] | None = None, *, query: Mapping[str, Any] | None = None
    ) -> Any:  # noqa: ANN401  # JSON
        """Return what the page is about.

        Raises:
            PageRefusedError: the API refuses, or does not answer; the page shows that instead.
        """
        part = await self.part(operation, at, query=query)
        if part.problem is not None:
            raise PageRefusedError(part.status, part.problem)
        return part.body

    async def part(
        self, operation: str, at: Mapping[str, object] | None = None, *, query: Mapping[str, Any] | None = None
    ) -> Part:
        """Return a part of the page that the rest can do without; a failure is a value."""
        try:
            said = await self.ask(operation, at, query=query)
        except OwnApiDownError:
            return Part(None, self._away(), HTTPStatus.SERVICE_UNAVAILABLE)
        if said.is_good:
            return Part(said.body, None, said.status)
        return Part(None, said.body or self._away(), said.status)

    async def do(
        self,
        operation: str,
        at: Mapping[str, object] | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        names: Mapping[str, str] | None = None,
        content: tuple[str, bytes] | None = None,
        step: str = "",
    ) -> Said | None:
        """Call an operation that changes something, once however often the form is sent; None if it was refused.

        What was refused stands in the form afterwards, each fault beside its field.

        Args:
            operation: see `ask`.
            at: values of its address.
            query: parameters.
            body: of the request.
            names: pointer of the API → input of the form, where they differ.
            content: see `ask`.
            step: of a form that does several things: each has one effect.
        """
        headers = {}
        if operation.startswith("POST "):
            headers["idempotency-key"] = f"{self.form.key}-{step}" if step else self.form.key
        if self.form.seen:
            headers["if-match"] = self.form.seen
        try:
            said = await self.ask(operation, at, query=query, body=body, headers=headers, content=content)
        except OwnApiDownError:
            self.form.faults.append(Fault("", str(self._away()["title"])))
            return None
        if said.is_good:
            return said
        problem = said.body or self._away()
        self.form.refused = said.status
        self.form.faults.extend(faults_of(problem, names or {}, known=self.form.values))
        return None

    def html(self, template: str, *, status: int = 200, **context: object) -> Response:
        """Return the page made of a template."""
        return self.renderer.page(self, template, status=status, context=context)

    def go(self, path: str, said: str = "") -> Response:
        """Send the browser to another page of the console, which says `said` once."""
        answer = RedirectResponse(f"{ROOT}{path}", HTTPStatus.SEE_OTHER)
        if said:
            self.renderer.say_once(answer, said)
        return answer

    def _away(self) -> dict[str, Any]:
        return {
            "title": self.words.gettext("This part does not answer at the moment."),
            "detail": self.words.gettext("Try again in a minute; nothing is lost."),
            "request_id": self.request.scope["request_id"],
        }
