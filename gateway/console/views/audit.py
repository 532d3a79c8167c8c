"""The auditor's pages: who read or changed what under which consent, whether the record is whole, decided anew."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from gateway.console.audit_words import act_text, noun_text
from gateway.console.listing import Filter, Listed, listed
from gateway.console.page import Page
from gateway.console.visit import PageRefusedError, Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_READERS = frozenset({Role.AUDITOR})
_ALL = "GET /v1/audit"
_PEOPLE = "GET /v1/audit/people"
KEEPERS = {
    "registry": mark("Register of enterprises"),
    "finance": mark("Credit and fund"),
    "ipr": mark("Rights"),
    "techtransfer": mark("Achievements and needs"),
    "gateway": mark("Sign-in and accounts"),
}
"""Service → what people call the part of the record that it keeps."""
_OWN = {one: f"GET /v1/audit/{one}" for one in KEEPERS}
_CHAINS = {one: f"GET /v1/audit/{one}/chain" for one in KEEPERS}
_MOST = 50
_DECIDED = {
    "kv_evaluation": "POST /v1/kvc-evaluations/{evaluation_id}:replay",
    "tech_sme_evaluation": "POST /v1/tech-sme-evaluations/{evaluation_id}:replay",
}
FILTERS = (
    Filter(name="uscc"),
    Filter(name="person", label=mark("Person (login) or client")),
    Filter(name="case_no"),
    Filter(name="consent_id"),
    Filter(name="acted_from_on", kind="day", label=mark("From")),
    Filter(name="acted_until_on", kind="day", label=mark("Until")),
)
_ASKED = ("uscc", "case_no", "consent_id", "acted_from_on", "acted_until_on")
LIST = Page(
    name="audit",
    path="/audit",
    title=mark("Record of acts"),
    roles=_READERS,
    uses=(_ALL, _PEOPLE, *_OWN.values()),
    menu=700,
)
CHAIN = Page(
    name="audit-chain",
    path="/audit/chain",
    title=mark("Check of the record"),
    roles=_READERS,
    uses=tuple(_CHAINS.values()),
)
AGAIN = Page(
    name="audit-again",
    path="/audit/again/{noun}/{evaluation_id}",
    title=mark("Decide anew"),
    roles=_READERS,
    uses=tuple(_DECIDED.values()),
)


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the record of all services, or page by page that of one."""
    keeper = visit.asked_for("keeper")
    asked = {one: visit.asked_for(one) for one in _ASKED if visit.asked_for(one)}
    client_id = await _client_of(visit, visit.asked_for("person"))
    typed = {name: visit.asked_for(name) for name in ("keeper", "person") if visit.asked_for(name)}
    if keeper in KEEPERS:
        filters = [one for one in FILTERS if one.name != "person"]
        fixed = {"client_id": client_id} if client_id else {}
        found = await listed(visit, _OWN[keeper], filters, fixed=fixed, kept=typed, export=f"audit-{keeper}")
        missing: Sequence[str] = ()
    else:
        part = await visit.part(_ALL, query={**asked, "client_id": client_id, "limit": _MOST})
        body = part.body or {"items": [], "missing": []}
        found, missing = Listed(body["items"], part.problem, asked={**asked, **typed}), body["missing"]
    names = await _names(visit, found.items)
    return visit.html(
        "audit.html",
        list=found,
        rows=[_row(visit, one, names) for one in found.items],
        missing=[visit.words.gettext(KEEPERS[one]) for one in missing],
        filters=FILTERS,
        keepers=[(one, visit.words.gettext(title)) for one, title in KEEPERS.items()],
        is_cut=keeper not in KEEPERS and len(found.items) == _MOST,
    )


@CHAIN.shows
async def show_chain(visit: Visit) -> Response:
    """Check each part of the record: from its beginning, or on from where the last look ended."""
    rows = []
    for service, title in KEEPERS.items():
        after, seal = visit.asked_for(f"{service}-after"), visit.asked_for(f"{service}-seal")
        part = await visit.part(_CHAINS[service], query={"after": after, "seal": seal})
        rows.append({"service": service, "title": visit.words.gettext(title), "part": part, "told": part.body})
    return visit.html("audit_chain.html", rows=rows)


@AGAIN.shows
async def show_again(visit: Visit) -> Response:
    """Ask whether a decision shall be decided anew from the facts that were kept."""
    _operation(visit)
    return visit.html("audit_again.html", told=None, noun=noun_text(visit.words, visit.value("noun")))


@AGAIN.acts
async def decide_again(visit: Visit) -> Response:
    """Decide anew, and say whether it ends as it was kept; nothing is changed."""
    said = await visit.do(_operation(visit), {"evaluation_id": visit.value("evaluation_id")})
    status = HTTPStatus.OK if said is not None else HTTPStatus.UNPROCESSABLE_ENTITY
    told = None if said is None else said.body
    return visit.html("audit_again.html", status=status, told=told, noun=noun_text(visit.words, visit.value("noun")))


def _operation(visit: Visit) -> str:
    found = _DECIDED.get(visit.value("noun"))
    if found is None:
        raise PageRefusedError(HTTPStatus.NOT_FOUND)
    return found


async def _client_of(visit: Visit, typed: str) -> str:
    """Return as whom the audit names somebody whose login was typed; a client is named as it is."""
    if not typed:
        return ""
    part = await visit.part(_PEOPLE, query={"login": typed})
    found = part.body["items"] if part.body else []
    return str(found[0]["client_id"]) if found else typed


async def _names(visit: Visit, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    """Return the names of the people of a page."""
    people = sorted({one["client_id"] for one in rows if one["client_id"].startswith("person.")})
    if not people:
        return {}
    part = await visit.part(_PEOPLE, query={"client_id": people})
    return {one["client_id"]: f"{one['name']} ({one['login']})" for one in part.body["items"]} if part.body else {}


def _row(visit: Visit, one: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return a row as the page shows it."""
    words = visit.words
    noun, _, key = one["subject"].partition("/")
    again = visit.renderer.link("audit-again", noun=noun, evaluation_id=key) if noun in _DECIDED else ""
    return {
        **one,
        "who": names.get(one["client_id"], one["client_id"]),
        "what": act_text(words, one["action"]),
        "about": noun_text(words, noun) if one["action"].partition(".")[0] != noun else "",
        "case_no": one["detail"].get("case_no", ""),
        "parts": [_part(visit, name) for name in one["fields"]],
        "again": again,
    }


def _part(visit: Visit, name: str) -> str:
    """Return what was given out as people call it: a class of data that a consent opens, or a field."""
    found = visit.words.value("ConsentScope", name)
    return found if found != name else visit.words.field(name)
