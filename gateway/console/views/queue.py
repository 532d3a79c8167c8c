"""The work queue: what waits for the reader's office, the nearest day first, and who of it has each case."""

from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from gateway.console.listing import Filter, Listed, export_links
from gateway.console.page import Page
from gateway.console.visit import PageRefusedError, Visit
from gateway.console.words import mark
from gateway.rules.work_item import SERVICES
from shared.kernel.actor import Role

_OPERATION = "GET /v1/work-items"
_COLLEAGUES = "GET /v1/colleagues"
_HOLD = "work.item:write"
_CASE = "/v1/work-items/{service}/{{kind}}/{{case_id}}"
_TAKE = {one: f"POST {_CASE.format(service=one)}:take" for one in SERVICES}
_HAND_OVER = {one: f"POST {_CASE.format(service=one)}:hand-over" for one in SERVICES}
_OWN_LIST = {one: f"GET /v1/work-items/{one}" for one in SERVICES}
READERS = frozenset(
    {
        Role.BANK,
        Role.ENTERPRISE,
        Role.AGENCY,
        Role.FUND_MANAGER,
        Role.IP_CENTRE,
        Role.DISTRICT,
        Role.CITY,
        Role.AUDITOR,
    }
)
HOLDERS = READERS - {Role.AUDITOR}
FILTERS = (
    Filter(name="kind", kind="select", enumeration="WorkKind"),
    Filter(name="due_status", kind="select", enumeration="DueStatus"),
    Filter(name="holder", kind="select", enumeration="HolderChoice", label=mark("With whom")),
)
PLACES = {
    "LOAN_APPLICATION": ("loan-application", "application_id", "id"),
    "COVER": ("cover", "cover_id", "id"),
    "REGISTER_APPLICATION": ("register-application", "application_id", "id"),
    "ANNUAL_FILING": ("filing", "year", "case_no"),
    "RIGHT_ATTESTATION": ("right", "right_id", "id"),
    "RIGHT_HELD_MOVE": ("right", "right_id", "id"),
    "ANNUITY": ("right", "right_id", "id"),
    "ACHIEVEMENT": ("achievement", "achievement_id", "id"),
    "NEED": ("need", "need_id", "id"),
}
"""Kind of case → page, the name of its value, and what of the case it is; a kind without a page has no link."""
_CALLED = {
    "registry": mark("Register and filings"),
    "finance": mark("Credit and cover"),
    "techtransfer": mark("Technology transfer"),
    "ipr": mark("Intellectual property"),
}
TONES = {"OVERDUE": "bad", "SOON": "wait", "LATER": "plain", "NONE": "plain"}
_MOST = 100
_NOBODY = "nobody"
QUEUE = Page(
    name="queue",
    path="/queue",
    title=mark("What waits"),
    roles=READERS,
    uses=(_OPERATION, _COLLEAGUES),
    menu=100,
)
TAKE = Page(
    name="queue-take",
    path="/queue/take",
    title=mark("What waits"),
    roles=HOLDERS,
    uses=(_OPERATION, _COLLEAGUES, *_TAKE.values()),
)
HAND_OVER = Page(
    name="queue-hand-over",
    path="/queue/{service}/{kind}/{case_id}/hand-over",
    title=mark("Hand over"),
    roles=HOLDERS,
    uses=(_COLLEAGUES, *_OWN_LIST.values(), *_HAND_OVER.values()),
)


@QUEUE.shows
async def show(visit: Visit) -> Response:
    """Show the cases that wait, with counts by kind and who has each."""
    return await _list(visit)


@TAKE.shows
async def show_take(visit: Visit) -> Response:
    """Lead back to the list: a case is taken by its button."""
    return visit.go("/queue")


@TAKE.acts
async def take(visit: Visit) -> Response:
    """Take the case whose button was pressed: once, however often the form is sent."""
    service, kind, case_id = _case(visit.form.text("case"))
    # One form holds the buttons of all cases: each case is a step of its own.
    said = await visit.do(_TAKE[service], {"kind": kind, "case_id": case_id}, step=case_id)
    if said is None:
        return await _list(visit)
    return visit.go("/queue", said=visit.words.gettext("You have “%(case)s” now.", case=said.body["case_no"]))


@HAND_OVER.shows
async def show_hand_over(visit: Visit) -> Response:
    """Ask to whom a case shall go."""
    return await _ask(visit)


@HAND_OVER.acts
async def hand_over(visit: Visit) -> Response:
    """Give the case to a colleague, or back to nobody."""
    service, kind, case_id = _of_address(visit)
    to = visit.form.text("to")
    if not to:
        return await _ask(visit, missing=True)
    body = {"held_by": visit.form.text("held_by"), "to": None if to == _NOBODY else to}
    names = {"/to": "to"}
    if await visit.do(_HAND_OVER[service], {"kind": kind, "case_id": case_id}, body=body, names=names) is None:
        return await _ask(visit)
    return visit.go("/queue", said=visit.words.gettext("The case is handed over."))


def places(visit: Visit) -> dict[str, Callable[[Mapping[str, Any]], str]]:
    """Return what gives the address of a case's page, by the kinds whose page the reader may open."""

    def place(page: str, value: str, of: str) -> Callable[[Mapping[str, Any]], str]:
        return lambda item: visit.renderer.link(page, **{value: item[of]})

    return {kind: place(*told) for kind, told in PLACES.items() if visit.renderer.opens(told[0], visit.who.role)}


async def _list(visit: Visit) -> Response:
    asked = {one.name: visit.asked_for(one.name) for one in FILTERS if visit.asked_for(one.name)}
    part = await visit.part(_OPERATION, query={**asked, "limit": _MOST})
    told = part.body or {"items": [], "counts": [], "missing": [], "has_more": False}
    found = Listed(told["items"], part.problem, asked=asked)
    may_hold = _HOLD in visit.who.scopes and visit.who.role in HOLDERS
    has_colleagues = any(one["holder"] and not one["holder"]["is_reader"] for one in told["items"])
    names = await _names(visit) if may_hold and has_colleagues else {}
    queue = visit.renderer.link("queue")
    narrowed = {kind: f"{queue}?{urlencode({'kind': kind})}" for kind in PLACES}
    return visit.html(
        "queue.html",
        list=found,
        told=told,
        filters=FILTERS,
        tones=TONES,
        places=places(visit),
        narrowed=narrowed,
        mine=f"{queue}?{urlencode({'holder': 'ME'})}",
        names=names,
        files=_files(visit, {one["service"] for one in told["items"]}),
        holding=visit.who.role.value if may_hold else "",
        status=HTTPStatus.CONFLICT if visit.form.faults else HTTPStatus.OK,
    )


def _files(visit: Visit, services: Collection[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return for each service that holds cases what its list is called and where it is taken away."""
    return [
        (visit.words.gettext(_CALLED[one]), export_links(visit, f"work-items/{one}"))
        for one in SERVICES
        if one in services
    ]


async def _ask(visit: Visit, *, missing: bool = False) -> Response:
    """Show the form of a hand-over; the case is one that waits and that somebody has."""
    service, kind, case_id = _of_address(visit)
    asked = {"kind": kind, "case_id": case_id}
    case = next(iter((await visit.read(_OWN_LIST[service], query=asked))["items"]), None)
    if case is None or case["holder"] is None:
        raise PageRefusedError(HTTPStatus.NOT_FOUND)
    people = (await visit.read(_COLLEAGUES))["items"]
    holder = case["holder"]["client_id"]
    if missing:
        visit.form.fault_at("to", visit.words.gettext("Choose who shall have the case."))
    choices = [(one["to"], one["name"]) for one in people if one["client_id"] != holder]
    name = next((one["name"] for one in people if one["client_id"] == holder), holder)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if visit.form.faults else HTTPStatus.OK
    choices.append((_NOBODY, visit.words.gettext("Nobody: whoever comes first takes it")))
    return visit.html("queue_hand_over.html", status=status, case=case, choices=choices, name=name)


async def _names(visit: Visit) -> Mapping[str, str]:
    """Return the names of the reader's colleagues; without them a list still says that somebody has a case."""
    part = await visit.part(_COLLEAGUES)
    people: list[dict[str, Any]] = part.body["items"] if part.body else []
    return {one["client_id"]: one["name"] for one in people}


def _of_address(visit: Visit) -> tuple[str, str, str]:
    return _case("/".join(visit.value(name) for name in ("service", "kind", "case_id")))


def _case(told: str) -> tuple[str, str, str]:
    """Return service, kind and id of a case as a button names it.

    Raises:
        PageRefusedError: 404 for what is none.
    """
    service, _, rest = told.partition("/")
    kind, _, case_id = rest.partition("/")
    if service not in SERVICES or not kind or not case_id:
        raise PageRefusedError(HTTPStatus.NOT_FOUND)
    return service, kind, case_id
