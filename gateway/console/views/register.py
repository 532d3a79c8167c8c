"""The register of enterprises: found, entered, corrected; marks of integrity and titles with their evidence."""

from asyncio import gather
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from gateway.console.case_action import CaseAction, action_of, ask_for, open_to, take
from gateway.console.case_acts import CaseActs, entry_page
from gateway.console.difference import Watched
from gateway.console.evidence import EVIDENCE
from gateway.console.format import typed_yuan
from gateway.console.inputs import Choices, Input
from gateway.console.listing import Filter, listed
from gateway.console.page import Page
from gateway.console.visit import Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_ALL = "GET /v1/enterprises"
_ONE = "/v1/enterprises/{uscc}"
_READ = f"GET {_ONE}"
_DOCUMENTS = "POST /v1/documents/registry"
OFFICES = frozenset({Role.DISTRICT, Role.CITY, Role.AUDITOR})
FILTERS = (
    Filter(name="q", label=mark("Name or code")),
    Filter(name="unit_id", kind="unit"),
    Filter(name="status", kind="select", enumeration="EnterpriseStatus"),
    Filter(name="size_class", kind="select", enumeration="SizeClass"),
    Filter(name="key_field", kind="select", enumeration="KeyField"),
    Filter(name="founded_from_on", kind="day", label=mark("Founded from")),
)
TONES = {"ACTIVE": "good", "DEREGISTERED": "done"}
TITLE_TONES = {"VALID": "good", "EXPIRED": "done", "REVOKED": "bad"}
_TERMS = (
    Input(name="name"),
    Input(name="unit_id", kind="select"),
    Input(name="legal_form", kind="select", enumeration="LegalForm", required=False),
    Input(name="founded_on", kind="day", required=False),
    Input(name="registered_capital_fen", kind="money", required=False),
    Input(name="industry_code", required=False, help=mark("Of GB/T 4754-2017, such as I6510.")),
    Input(name="key_field", kind="select", enumeration="KeyField", required=False),
    Input(name="founder_type", kind="select", enumeration="FounderType", required=False),
    Input(name="address", required=False),
    Input(name="industry_barred", kind="checkbox", required=False),
)


async def unit_choices(visit: Visit) -> Mapping[str, Choices]:
    """Return the reporting units of today, as choices of a form."""
    return {"unit_id": visit.units()}


ENTER = CaseAction(
    name="enter",
    title=mark("Enter an enterprise"),
    operation=f"POST {_ALL.removeprefix('GET ')}",
    inputs=(Input(name="uscc"), *_TERMS),
    done=mark("The enterprise is in the register."),
    choices=unit_choices,
    scope="registry.enterprise:write",
)
ACTIONS = (
    CaseAction(
        name="change",
        title=mark("Correct master data"),
        operation=f"PATCH {_ONE}",
        inputs=_TERMS,
        text=mark("Write what is right. Whoever reads this enterprise sees it from now on; what stood before is kept."),
        done=mark("The master data is corrected."),
        choices=unit_choices,
        clears=True,
        scope="registry.enterprise:write",
    ),
    CaseAction(
        name="confirm-code",
        title=mark("Confirm the code"),
        operation=f"POST {_ONE}:confirm-code",
        inputs=EVIDENCE,
        text=mark("The check digit of this code does not fit. Confirm it by a paper that shows it."),
        done=mark("The code is confirmed."),
        documents=_DOCUMENTS,
        scope="registry.enterprise:write",
    ),
    CaseAction(
        name="mark",
        title=mark("Record an integrity mark"),
        operation=f"POST {_ONE}/integrity-marks",
        inputs=(
            Input(name="kind", kind="select", within="IntegrityMarkTerms", enumeration="IntegrityKind"),
            Input(name="effective_on", kind="day"),
            *EVIDENCE,
        ),
        fixed={"active": True},
        done=mark("The mark is recorded."),
        documents=_DOCUMENTS,
        scope="registry.integrity:write",
    ),
    CaseAction(
        name="clear-mark",
        title=mark("Clear an integrity mark"),
        operation=f"POST {_ONE}/integrity-marks",
        inputs=(
            Input(name="kind", kind="select", within="IntegrityMarkTerms", enumeration="IntegrityKind"),
            Input(name="effective_on", kind="day"),
            *EVIDENCE,
        ),
        fixed={"active": False},
        done=mark("The mark is cleared."),
        documents=_DOCUMENTS,
        scope="registry.integrity:write",
    ),
    CaseAction(
        name="title",
        title=mark("Record a title"),
        operation=f"POST {_ONE}/qualifications",
        inputs=(
            Input(name="kind", kind="select", within="QualificationDraft", enumeration="QualificationKind"),
            Input(name="number", within="QualificationDraft"),
            Input(name="valid_from_on", kind="day"),
            Input(name="valid_until_on", kind="day", required=False),
            Input(name="award_rank", kind="whole", required=False),
            Input(name="drafting_rank", kind="whole", required=False),
            *EVIDENCE,
        ),
        done=mark("The title is recorded."),
        documents=_DOCUMENTS,
        scope="registry.qualification:write",
    ),
    CaseAction(
        name="deregister",
        title=mark("Deregister"),
        operation=f"POST {_ONE}:deregister",
        inputs=(Input(name="effective_on", kind="day"), *EVIDENCE),
        text=mark("The enterprise has ended. Its titles and limits end with it."),
        done=mark("The enterprise is deregistered."),
        is_final=True,
        documents=_DOCUMENTS,
        scope="registry.enterprise:write",
    ),
)
_OWN_ACTS = frozenset({"change"})
"""What an enterprise may correct itself."""
LIST = Page(
    name="enterprises",
    path="/enterprises",
    title=mark("Enterprises"),
    roles=OFFICES,
    uses=(_ALL,),
    menu=100,
)
NEW = entry_page(
    ENTER,
    name="enterprise-enter",
    path="/enterprises/enter",
    roles=frozenset({Role.DISTRICT, Role.CITY}),
    listed=LIST,
    begins=lambda visit: {"unit_id": visit.who.unit_id or ""},
    onward=lambda made: f"/enterprises/{made['uscc']}/record",
)
ONE = Page(
    name="record",
    path="/enterprises/{uscc}/record",
    title=mark("Enterprise"),
    roles=OFFICES | {Role.ENTERPRISE},
    uses=(_READ, "GET /v1/enterprises/{uscc}/qualifications", "GET /v1/enterprises/{uscc}/size-class"),
)


def _begin(told: Mapping[str, Any]) -> dict[str, str]:
    """Return the master data as it is typed."""
    begin = {one.name: str(told[one.name] or "") for one in _TERMS}
    capital = told["registered_capital_fen"]
    return {
        **begin,
        "registered_capital_fen": "" if capital is None else typed_yuan(capital),
        "industry_barred": "yes" if told["industry_barred"] else "",
    }


ACTS = CaseActs(
    path="/enterprises/{uscc}/record",
    key="uscc",
    read=_READ,
    actions=ACTIONS,
    called=lambda _visit, told: str(told["name"]),
    begins=_begin,
    watched=(
        Watched(name="name"),
        Watched(name="address"),
        Watched(name="industry_code"),
        Watched(name="founded_on", kind="day"),
        Watched(name="registered_capital_fen", kind="money"),
    ),
    closes=False,  # the register does not say yet what it offers for an enterprise
)
ACT = ACTS.page("record-act", title=mark("Enterprise"), roles=frozenset({Role.ENTERPRISE, Role.DISTRICT, Role.CITY}))
_QUALIFICATION = "POST /v1/qualifications/{qualification_id}:revoke"
REVOKE = CaseAction(
    name="revoke",
    title=mark("Revoke the title"),
    operation=_QUALIFICATION,
    inputs=(Input(name="effective_on", kind="day"), *EVIDENCE),
    text=mark("Whatever rests on this title is computed anew from that day."),
    done=mark("The title is revoked."),
    is_final=True,
    documents=_DOCUMENTS,
)
TITLE_ACT = Page(
    name="title-act",
    path="/enterprises/{uscc}/titles/{qualification_id}/{action}",
    title=mark("Title"),
    roles=frozenset({Role.DISTRICT, Role.CITY}),
    uses=(_READ, REVOKE.operation, _DOCUMENTS),
)


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the enterprises that the reader may see."""
    found = await listed(visit, _ALL, FILTERS, export="enterprises")
    can_enter = ENTER.scope in visit.who.scopes
    return visit.html("register.html", list=found, filters=FILTERS, tones=TONES, can_enter=can_enter)


@ONE.shows
async def show_one(visit: Visit) -> Response:
    """Show one enterprise as the register keeps it."""
    at = {"uscc": visit.value("uscc")}
    told = await visit.read(_READ, at)
    titles, size = await gather(visit.part(ONE.uses[1], at), visit.part(ONE.uses[2], at))
    return visit.html(
        "record.html",
        told=told,
        titles=titles,
        size=size,
        tones=TONES,
        title_tones=TITLE_TONES,
        acts=_offered(visit, told),
    )


def _offered(visit: Visit, told: Mapping[str, Any]) -> list[Any]:
    """Return the forms that fit the enterprise as it stands; whether it takes the act, its service says."""
    shown = []
    for one in open_to(visit, ACTIONS):
        name = one.action.name
        if visit.who.role is Role.ENTERPRISE and name not in _OWN_ACTS:
            continue
        if name == "confirm-code" and not told["code_needs_review"]:
            continue
        if name == "clear-mark" and all(held["cleared_on"] for held in told["integrity_marks"]):
            continue
        shown.append(one)
    return shown


@TITLE_ACT.shows
async def show_title_act(visit: Visit) -> Response:
    """Show the form of a revocation."""
    uscc = visit.value("uscc")
    told = await visit.read(_READ, {"uscc": uscc})
    action = action_of((REVOKE,), visit.value("action"))
    return await ask_for(visit, action, back=f"/console/enterprises/{uscc}/record", about=told["name"])


@TITLE_ACT.acts
async def act_on_title(visit: Visit) -> Response:
    """Revoke it."""
    uscc = visit.value("uscc")
    told = await visit.read(_READ, {"uscc": uscc})
    action = action_of((REVOKE,), visit.value("action"))
    at = {"qualification_id": visit.value("qualification_id")}
    return await take(visit, action, at, back=f"/enterprises/{uscc}/record", about=told["name"])
