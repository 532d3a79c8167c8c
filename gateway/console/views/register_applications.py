"""Applications for the city's register: what a district checks, the city lists, and the enterprise corrects."""

from asyncio import gather
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from gateway.console import year_on_year
from gateway.console.case_action import CaseAction, coded_reasons
from gateway.console.case_acts import CaseActs, entry_page
from gateway.console.format import day, money, number
from gateway.console.inputs import Input
from gateway.console.listing import Filter, listed
from gateway.console.page import Page
from gateway.console.visit import Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_ALL = "/v1/register-applications"
_ONE = f"{_ALL}/{{application_id}}"
_READ, _LIST, _APPLY = f"GET {_ONE}", f"GET {_ALL}", f"POST {_ALL}"
_REASONS = f"GET {_ALL}/reasons"
_FILINGS = "GET /v1/enterprises/{uscc}/filings"
_TITLES = "GET /v1/enterprises/{uscc}/qualifications"
_FIRM = "GET /v1/enterprises/{uscc}"
_EARLIER = 5
READERS = frozenset({Role.DISTRICT, Role.CITY, Role.ENTERPRISE, Role.AUDITOR})
FILTERS = (
    Filter(name="status", kind="select", enumeration="RegisterStatus"),
    Filter(name="case_no"),
    Filter(name="q", label=mark("Name of the enterprise")),
    Filter(name="check_due_until_on", kind="day", label=mark("Check due until")),
)
TONES = {
    "SUBMITTED": "wait",
    "RETURNED": "wait",
    "CHECKED": "wait",
    "LISTED": "good",
    "REJECTED": "bad",
    "WITHDRAWN": "done",
}
_MASTER = ("name", "legal_form", "industry_code", "key_field", "founded_on", "address")
NOTE = "note_"
"""Begins the inputs of remarks; the field that a remark is about stands behind it."""
NOTES = (
    *(Input(name=f"{NOTE}{name}", field=name, required=False) for name in (*year_on_year.FIELDS, *_MASTER)),
    Input(name=f"{NOTE}other", label=mark("Anything else"), required=False),
)


def _noted(typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return a decision as the API wants it: each remark with the field that it is about."""
    notes = [{"field": name.removeprefix(NOTE), "note": text} for name, text in typed.items() if name.startswith(NOTE)]
    return {**{name: value for name, value in typed.items() if not name.startswith(NOTE)}, "notes": notes}


def _compared(told: Mapping[str, Any], filings: Mapping[str, Any] | None) -> list[year_on_year.Compared]:
    """Return the filing that the application rests on beside the year before; nothing where it is not known."""
    items = (filings or {"items": []})["items"]
    now = year_on_year.of_year(items, told["filing_year"], "ACCEPTED")
    if now is None:
        return []
    return year_on_year.compared(now, year_on_year.of_year(items, now["year"] - 1, "ACCEPTED"))


async def _declared(visit: Visit) -> dict[str, str]:
    """Return what was declared beside each remark: this year and the year before, or the master data."""
    told = await visit.read(_READ, {"application_id": visit.value("application_id")})
    filings = await visit.part(_FILINGS, {"uscc": told["uscc"]})
    said = {}
    for one in _compared(told, filings.body):
        show = money if one.is_money else number
        now, before = show(visit.words, one.now), show(visit.words, one.before)
        said[f"{NOTE}{one.name}"] = visit.words.gettext("%(now)s; the year before %(before)s", now=now, before=before)
    firm = (await visit.part(_FIRM, {"uscc": told["uscc"]})).body or {}
    for name in _MASTER:
        said[f"{NOTE}{name}"] = _master(visit, name, firm.get(name))
    return said


def _master(visit: Visit, name: str, value: str | None) -> str:
    words = visit.words
    if name == "founded_on":
        return day(words, value)
    named = {"legal_form": "LegalForm", "key_field": "KeyField"}.get(name)
    return words.value(named, value) if named and value else value or ""


def _return(name: str, operation: str) -> CaseAction:
    return CaseAction(
        name=name,
        title=mark("Return to the enterprise"),
        operation=operation,
        inputs=NOTES,
        fixed={"decision": "RETURN"},
        helps=_declared,
        shape=_noted,
        text=mark("Write beside each field what is wrong with it; the enterprise reads it beside the same field."),
        done=mark("The application went back to the enterprise."),
    )


def _reject(name: str, title: str, operation: str) -> CaseAction:
    return CaseAction(
        name=name,
        title=title,
        operation=operation,
        inputs=(
            Input(name="reason_code", kind="radios", label=mark("Reason")),
            Input(name=f"{NOTE}other", kind="textarea", label=mark("Explanation"), required=False),
        ),
        fixed={"decision": "REJECT"},
        shape=_noted,
        text=mark("The enterprise sees the reason. It may apply again once the reason no longer holds."),
        done=mark("The application is rejected; the enterprise sees the reason."),
        is_final=True,
        choices=coded_reasons(_REASONS),
    )


ACTIONS = (
    CaseAction(
        name="pass",
        title=mark("Pass"),
        operation=f"POST {_ONE}:check",
        fixed={"decision": "PASS"},
        text=mark("You confirm that the conditions are met as they are shown. The city lists the enterprise next."),
        done=mark("The application is passed on to the city."),
    ),
    _return("return", f"POST {_ONE}:check"),
    _reject("reject", mark("Reject"), f"POST {_ONE}:check"),
    CaseAction(
        name="list",
        title=mark("List and number"),
        operation=f"POST {_ONE}:list",
        text=mark("The conditions are looked at once more; the enterprise gets its number today."),
        done=mark("The enterprise is on the register."),
    ),
    _return("review-return", f"POST {_ONE}:review"),
    _reject("review-reject", mark("Do not list"), f"POST {_ONE}:review"),
    CaseAction(
        name="resubmit",
        title=mark("Submit again"),
        operation=f"POST {_ONE}:resubmit",
        text=mark("Correct what the remarks name first, in your filing and your master data; both are looked at anew."),
        done=mark("The application is with the district again."),
    ),
    CaseAction(
        name="withdraw",
        title=mark("Withdraw the application"),
        operation=f"POST {_ONE}:withdraw",
        done=mark("The application is withdrawn."),
        is_final=True,
    ),
)
BATCH = tuple(one for one in ACTIONS if one.name in {"pass", "list"})
"""What may be decided of several cases at once: it needs no words of its own for each."""
APPLICATION = CaseAction(
    name="apply",
    title=mark("Apply for the register"),
    operation=_APPLY,
    text=mark("Every condition is looked at now: your filing, your rights, your titles. The district checks next."),
    done=mark("The application is submitted."),
)
LIST = Page(
    name="register-applications",
    path="/register-applications",
    title=mark("The city's register"),
    roles=READERS,
    uses=(_LIST,),
    menu=110,
)
APPLY = entry_page(
    APPLICATION,
    name="register-apply",
    path="/register-applications/apply",
    roles=frozenset({Role.ENTERPRISE}),
    listed=LIST,
    kept=lambda visit: {"uscc": visit.who.party},
)
ONE = Page(
    name="register-application",
    path="/register-applications/{application_id}",
    title=mark("Application to the register"),
    roles=READERS,
    uses=(_READ, _FILINGS, _TITLES, _FIRM, _LIST),
)
ACTS = CaseActs(
    path="/register-applications/{application_id}",
    key="application_id",
    read=_READ,
    actions=ACTIONS,
    called=lambda _visit, told: str(told["case_no"]),
    choices=(_FILINGS, _FIRM, _REASONS),
    closes=False,  # a form that came too late says so when it is sent
)
ACT = ACTS.page(
    "register-application-act",
    title=mark("Application to the register"),
    roles=frozenset({Role.DISTRICT, Role.CITY, Role.ENTERPRISE}),
)


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the applications that the reader may see, the newest first."""
    found = await listed(visit, _LIST, FILTERS, fixed={"sort": "NEWEST"})
    batch = [one for one in BATCH if _takes(found.items, one.name)]
    return visit.html("register_applications.html", list=found, filters=FILTERS, tones=TONES, batch=batch)


def _takes(items: Sequence[Mapping[str, Any]], name: str) -> bool:
    """Tell whether a line of the list offers an act."""
    return any(act["name"] == name for item in items for act in item["actions"])


@ONE.shows
async def show_one(visit: Visit) -> Response:
    """Show one application: each condition with what was found, what changed since last year, the evidence."""
    told = await visit.read(_READ, {"application_id": visit.value("application_id")})
    at = {"uscc": told["uscc"]}
    filings, earlier, titles, firm = await gather(
        visit.part(_FILINGS, at),
        visit.part(_LIST, query={**at, "sort": "NEWEST", "limit": _EARLIER + 1}),
        visit.part(_TITLES, at),
        visit.part(_FIRM, at),
    )
    return visit.html(
        "register_application.html",
        told=told,
        tones=TONES,
        acts=ACTS.offered(told),
        filings=filings,
        compared=_compared(told, filings.body),
        titles=titles,
        firm=firm,
        earlier=earlier,
        before=_before(told, earlier.body),
    )


def _before(told: Mapping[str, Any], earlier: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return how each condition was found by the application before this one, by its id; empty without one."""
    found = (earlier or {"items": []})["items"]
    older = next((one for one in found if one["created_at"] < told["created_at"]), None)
    return {} if older is None else {one["id"]: one for one in older["conditions"]}
