"""Borrow: which banks take part, what is left of the limit, what each bank may read, and one form to ask several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from gateway.console.chart import Part as ChartPart
from gateway.console.chart import drawn
from gateway.console.form import Fault
from gateway.console.inputs import Input, body_of
from gateway.console.page import Page
from gateway.console.views.consents import OPEN
from gateway.console.visit import PageRefusedError, Part, Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_LINE = "GET /v1/credit-limits/{uscc}"
_BANKS = "GET /v1/banks"
_CONSENTS = "GET /v1/consents"
_LIST = "GET /v1/loan-applications"
_APPLY = "POST /v1/loan-applications"
_MOST = 100
NEEDED = "EVALUATION_RESULT"
"""Class of data without which no bank can be asked."""
INPUTS = (
    Input(name="amount_fen", kind="money"),
    Input(name="term_months", kind="whole"),
    Input(name="purpose", kind="textarea", within="LoanApplicationRead"),
)
PAGE = Page(
    name="borrow",
    path="/borrow",
    title=mark("Borrow"),
    roles=frozenset({Role.ENTERPRISE}),
    uses=(_LINE, _BANKS, _CONSENTS, _LIST, _APPLY),
    menu=70,
)


@dataclass(frozen=True, slots=True)
class Lender:
    """A bank that takes part, as the firm sees it.

    Attributes:
        uscc: its code.
        name: its name.
        until_on: last day of its agreement.
        consent: the firm's newest consent that stands and opens what is needed; None where one must be signed first.
        open_cases: applications of the firm to it that go on.
    """

    uscc: str
    name: str
    until_on: str
    consent: Mapping[str, Any] | None
    open_cases: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of asking one bank: the case, or why there is none."""

    name: str
    case: Mapping[str, Any] | None
    faults: Sequence[Fault]


@PAGE.shows
async def show(visit: Visit) -> Response:
    """Show limit, banks and the form."""
    return await _show(visit)


@PAGE.acts
async def apply(visit: Visit) -> Response:
    """Ask each chosen bank, each once however often the form is sent; say what became of each."""
    form, words = visit.form, visit.words
    body = body_of(form, INPUTS, words)
    chosen = form.all("bank_uscc")
    if not chosen:
        form.faults.append(Fault("bank_uscc", words.gettext("Choose at least one bank.")))
    if form.faults:
        return await _show(visit, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    names = {one.uscc: one.name for one in await _lenders(visit)}
    asked = []
    for uscc in dict.fromkeys(chosen):
        sent = {**body, "bank_uscc": uscc, "evaluation_id": form.text("evaluation_id")}
        said = await visit.do(_APPLY, body=sent, step=uscc)
        asked.append(Asked(names.get(uscc, uscc), None if said is None else said.body, tuple(form.faults)))
        form.faults.clear()
    if all(one.case is not None for one in asked):
        number = len(asked)
        done = words.ngettext("The application is with the bank.", "%(num)s applications are with the banks.", number)
        return visit.go("/loan-applications", said=done)
    form.faults.extend(
        Fault(one.field, f"{told.name}: {one.message}", one.way_out) for told in asked for one in told.faults
    )
    return await _show(visit, asked=asked, status=HTTPStatus.UNPROCESSABLE_ENTITY)


async def _show(visit: Visit, *, asked: Sequence[Asked] = (), status: int = HTTPStatus.OK) -> Response:
    if visit.who.party is None:
        raise PageRefusedError(HTTPStatus.NOT_FOUND)
    line = await visit.part(_LINE, {"uscc": visit.who.party})
    mine = await visit.part(_LIST, query={"limit": _MOST})
    return visit.html(
        "borrow.html",
        status=status,
        line=line,
        use=drawn(_use(visit, line)),
        lenders=await _lenders(visit, mine),
        mine=mine,
        inputs=INPUTS,
        asked=asked,
        needed=NEEDED,
    )


def _use(visit: Visit, line: Part) -> list[ChartPart]:
    if not line.body:
        return []
    _ = visit.words.gettext
    return [
        ChartPart(_("Drawn"), line.body["drawn_fen"], "own"),
        ChartPart(_("Reserved"), line.body["reserved_fen"], "held"),
        ChartPart(_("Left"), line.body["available_fen"], "left"),
    ]


async def _lenders(visit: Visit, mine: Part | None = None) -> list[Lender]:
    """Return the banks that cooperate, by name, with what the firm allows each and what it has asked of each."""
    banks = await visit.read(_BANKS, query={"status": "ACTIVE", "sort": "NAME", "limit": _MOST})
    consents = await visit.part(_CONSENTS, query={"purpose": "LOAN_APPLICATION", "limit": _MOST})
    given = [one for one in (consents.body or {"items": []})["items"] if one["is_open"] and NEEDED in one["scopes"]]
    cases = [one for one in ((mine and mine.body) or {"items": []})["items"] if one["status"] in OPEN]
    return [
        Lender(
            uscc=bank["uscc"],
            name=bank["name"],
            until_on=bank["agreement_until_on"],
            consent=next((one for one in given if one["bank_uscc"] == bank["uscc"]), None),
            open_cases=[one for one in cases if one["bank_uscc"] == bank["uscc"]],
        )
        for bank in banks["items"]
    ]
