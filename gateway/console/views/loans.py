"""Loans: what is drawn, repaid and left of each, and the drawdowns under it."""

from starlette.responses import Response

from gateway.console.case_action import CaseAction, action_of, ask_for, open_to, take
from gateway.console.format import typed_yuan
from gateway.console.inputs import Input
from gateway.console.listing import Filter, listed
from gateway.console.page import Page
from gateway.console.visit import Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_ONE = "/v1/loans/{loan_id}"
_READ = f"GET {_ONE}"
_DRAWDOWNS = f"GET {_ONE}/drawdowns"
READERS = frozenset({Role.BANK, Role.ENTERPRISE, Role.CITY, Role.AUDITOR, Role.FUND_MANAGER})
FILTERS = (
    Filter(name="status", kind="select", enumeration="LoanStatus"),
    Filter(name="contract_no"),
    Filter(name="case_no"),
    Filter(name="enterprise_uscc"),
)
TONES = {"SIGNED": "good", "LAPSED": "bad", "CLOSED": "done"}
DRAW = CaseAction(
    name="draw",
    title=mark("Record a drawdown"),
    operation=f"POST {_ONE}/drawdowns",
    inputs=(
        Input(name="note_no"),
        Input(name="amount_fen", kind="money"),
        Input(name="starts_on", kind="day"),
        Input(name="matures_on", kind="day"),
    ),
    done=mark("The drawdown is recorded."),
    scope="credit.loan:write",
)
LIST = Page(name="loans", path="/loans", title=mark("Loans"), roles=READERS, uses=("GET /v1/loans",), menu=210)
ONE = Page(name="loan", path="/loans/{loan_id}", title=mark("Loan"), roles=READERS, uses=(_READ, _DRAWDOWNS))
ACT = Page(
    name="loan-act",
    path="/loans/{loan_id}/{action}",
    title=mark("Loan"),
    roles=frozenset({Role.BANK}),
    uses=(_READ, DRAW.operation),
)


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the loans that the reader may see."""
    found = await listed(visit, "GET /v1/loans", FILTERS, export="loans")
    return visit.html("loans.html", list=found, filters=FILTERS, tones=TONES)


@ONE.shows
async def show_one(visit: Visit) -> Response:
    """Show one loan with its drawdowns."""
    at = {"loan_id": visit.value("loan_id")}
    told = await visit.read(_READ, at)
    drawdowns = await visit.part(_DRAWDOWNS, at)
    return visit.html("loan.html", told=told, drawdowns=drawdowns, tones=TONES, acts=open_to(visit, (DRAW,)))


@ACT.shows
async def show_act(visit: Visit) -> Response:
    """Show the form of a drawdown."""
    loan_id = visit.value("loan_id")
    told = await visit.read(_READ, {"loan_id": loan_id})
    action = action_of((DRAW,), visit.value("action"))
    case = {"amount_fen": typed_yuan(told["undrawn_fen"])}
    return await ask_for(visit, action, back=f"/console/loans/{loan_id}", about=told["contract_no"], case=case)


@ACT.acts
async def act(visit: Visit) -> Response:
    """Record it."""
    loan_id = visit.value("loan_id")
    told = await visit.read(_READ, {"loan_id": loan_id})
    action = action_of((DRAW,), visit.value("action"))
    return await take(visit, action, {"loan_id": loan_id}, back=f"/loans/{loan_id}", about=told["contract_no"])
