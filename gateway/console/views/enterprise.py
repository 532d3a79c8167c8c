"""What all services keep of one enterprise: its own home, and the city's page of it."""

from collections import Counter
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from gateway.console.page import Page
from gateway.console.visit import PageRefusedError, Visit
from gateway.console.words import Words, mark
from shared.kernel.actor import Role

_OVERVIEW = "GET /v1/enterprises/{uscc}/overview"
_FILINGS = "GET /v1/enterprises/{uscc}/filings"
_APPLICATIONS = "GET /v1/register-applications"
_CONSENTS = "GET /v1/consents"
_WAITING = "GET /v1/work-items"
_MOST = 20
OWN = Page(
    name="my-enterprise",
    path="/enterprise",
    title=mark("My enterprise"),
    roles=frozenset({Role.ENTERPRISE}),
    uses=(_OVERVIEW, _FILINGS, _APPLICATIONS, _CONSENTS, _WAITING),
    menu=50,
)
ONE = Page(
    name="enterprise",
    path="/enterprises/{uscc}",
    title=mark("Enterprise"),
    roles=frozenset({Role.CITY}),
    uses=(_OVERVIEW,),
)
TITLE_TONES = {"VALID": "good", "EXPIRED": "done", "REVOKED": "bad"}


@OWN.shows
async def show_own(visit: Visit) -> Response:
    """Show a person's own enterprise."""
    uscc = visit.who.party
    if uscc is None:
        raise PageRefusedError(HTTPStatus.NOT_FOUND)
    told, held = await _overview(visit, uscc)
    at = {"uscc": uscc}
    filings = await visit.part(_FILINGS, at)
    applications = await visit.part(_APPLICATIONS, query={**at, "sort": "NEWEST", "limit": 1})
    consents = await visit.part(_CONSENTS, query={"limit": _MOST})
    waiting = await visit.part(_WAITING, query={"limit": _MOST})
    return visit.html(
        "my_enterprise.html",
        uscc=uscc,
        missing=told["missing"],
        title_tones=TITLE_TONES,
        **held,
        on_register=_valid(held["enterprise"], "TECH_ENTERPRISE"),
        national=_valid(held["enterprise"], "TECH_SME"),
        application=next(iter((applications.body or {"items": []})["items"]), None),
        unfiled=_unfiled(filings.body),
        filings=filings,
        consents=consents,
        readers=[one for one in (consents.body or {"items": []})["items"] if one["revoked_at"] is None],
        waiting=waiting,
        days=_days(held, waiting.body, visit.words),
    )


@ONE.shows
async def show_one(visit: Visit) -> Response:
    """Show one enterprise to the city."""
    return await _show(visit, visit.value("uscc"))


async def _overview(visit: Visit, uscc: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what all services answered of an enterprise, and their parts by name, None for one that is missing."""
    told = await visit.read(_OVERVIEW, {"uscc": uscc})
    parts = told["parts"]
    if parts["enterprise"]["code"] == "not_found":
        raise PageRefusedError(HTTPStatus.NOT_FOUND)
    return told, {name: part["data"] for name, part in parts.items()}


def _valid(enterprise: Mapping[str, Any] | None, kind: str) -> Mapping[str, Any] | None:
    """Return the title of a kind that the enterprise holds; None without one, and where nothing answers."""
    titles = (enterprise or {"qualifications": []})["qualifications"]
    return next((one for one in titles if one["kind"] == kind and one["status"] == "VALID"), None)


def _unfiled(filings: Mapping[str, Any] | None) -> list[int]:
    """Return the years that may be filed and are not accepted yet."""
    if filings is None:
        return []
    accepted = {one["year"] for one in filings["items"] if one["status"] == "ACCEPTED"}
    return [year for year in filings["open_years"] if year not in accepted]


def _days(held: Mapping[str, Any], waiting: Mapping[str, Any] | None, words: Words) -> list[tuple[str, str, int]]:
    """Return what ends or is due, the nearest day first: the day, what it is, and how often on that day."""
    found = []
    if held["credit"] is not None:
        found.append((held["credit"]["valid_until_on"], words.gettext("The limit ends")))
    for one in (held["enterprise"] or {"qualifications": []})["qualifications"]:
        if one["status"] == "VALID" and one["valid_until_on"]:
            title = words.value("QualificationKind", one["kind"])
            found.append((one["valid_until_on"], words.gettext("%(title)s ends", title=title)))
    if held["portfolio"] is not None and held["portfolio"]["next_change_on"]:
        found.append((held["portfolio"]["next_change_on"], words.gettext("Something about your rights changes")))
    for one in (waiting or {"items": []})["items"]:
        if one["due_on"]:
            asked = one[f"asked_{words.language}"]
            kind = words.value("WorkKind", one["kind"])
            found.append((one["due_on"], f"{kind}{'：' if words.language == 'zh' else ': '}{asked}"))
    return [(*one, times) for one, times in sorted(Counter(found).items())]


async def _show(visit: Visit, uscc: str) -> Response:
    told, held = await _overview(visit, uscc)
    return visit.html("enterprise.html", uscc=uscc, missing=told["missing"], title_tones=TITLE_TONES, **held)
