"""Loans: what is drawn, repaid and left of each; one loan with its drawdowns, repayments, cover and what happened."""

from asyncio import gather
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from gateway.console.case_action import CaseAction
from gateway.console.case_acts import CaseActs
from gateway.console.chart import Part as ChartPart
from gateway.console.chart import drawn
from gateway.console.difference import Watched
from gateway.console.format import typed_yuan
from gateway.console.inputs import Input
from gateway.console.listing import Filter, listed
from gateway.console.loan_story import loan_story
from gateway.console.page import Page
from gateway.console.visit import Part, Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_ONE = "/v1/loans/{loan_id}"
_READ = f"GET {_ONE}"
_DRAWDOWNS = f"GET {_ONE}/drawdowns"
_REPAYMENTS = "GET /v1/repayments"
_COVERS = "GET /v1/covers"
_MOST = 100
READERS = frozenset({Role.BANK, Role.ENTERPRISE, Role.CITY, Role.AUDITOR, Role.FUND_MANAGER})
FILTERS = (
    Filter(name="status", kind="select", enumeration="LoanStatus"),
    Filter(name="contract_no"),
    Filter(name="case_no"),
    Filter(name="enterprise_uscc"),
    Filter(name="draw_until_from_on", kind="day", label=mark("Drawing ends from")),
    Filter(name="draw_until_until_on", kind="day", label=mark("Drawing ends until")),
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
)
LIST = Page(name="loans", path="/loans", title=mark("Loans"), roles=READERS, uses=("GET /v1/loans",), menu=210)
ONE = Page(
    name="loan",
    path="/loans/{loan_id}",
    title=mark("Loan"),
    roles=READERS,
    uses=(_READ, _DRAWDOWNS, _REPAYMENTS, _COVERS),
)
ACTS = CaseActs(
    path="/loans/{loan_id}",
    key="loan_id",
    read=_READ,
    actions=(DRAW,),
    called=lambda _visit, told: str(told["contract_no"]),
    begins=lambda told: {"amount_fen": typed_yuan(told["undrawn_fen"])},
    watched=(
        Watched(name="status", kind="value", enumeration="LoanStatus"),
        Watched(name="drawn_fen", kind="money"),
        Watched(name="undrawn_fen", kind="money"),
    ),
)
ACT = ACTS.page("loan-act", title=mark("Loan"), roles=frozenset({Role.BANK}))


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the loans that the reader may see."""
    found = await listed(visit, "GET /v1/loans", FILTERS, export="loans")
    return visit.html("loans.html", list=found, filters=FILTERS, tones=TONES)


@ONE.shows
async def show_one(visit: Visit) -> Response:
    """Show one loan whole: its drawdowns, repayments and cover, and what happened in their order."""
    at = {"loan_id": visit.value("loan_id")}
    told = await visit.read(_READ, at)
    of_loan = {"contract_no": told["contract_no"], "bank_uscc": told["bank_uscc"], "limit": _MOST}
    drawdowns, repayments, covers = await gather(
        visit.part(_DRAWDOWNS, at),
        visit.part(_REPAYMENTS, query={**of_loan, "sort": "OLDEST"}),
        visit.part(_COVERS, query=of_loan),
    )
    return visit.html(
        "loan.html",
        told=told,
        drawdowns=drawdowns,
        repayments=repayments,
        covers={one["drawdown_id"]: one for one in _items(covers)},
        covers_part=covers,
        tones=TONES,
        acts=ACTS.offered(told),
        happened=loan_story(told, _items(drawdowns), _items(repayments), _items(covers), visit.words),
        use=drawn(_use(visit, told)),
    )


def _items(part: Part) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = (part.body or {"items": []})["items"]
    return found


def _use(visit: Visit, told: Mapping[str, Any]) -> list[ChartPart]:
    _ = visit.words.gettext
    return [
        ChartPart(_("Repaid"), told["repaid_fen"], "left"),
        ChartPart(_("Outstanding"), told["drawn_fen"] - told["repaid_fen"], "own"),
        ChartPart(_("Still to be drawn"), told["undrawn_fen"], "held"),
        ChartPart(_("Given back undrawn"), told["released_fen"], "rest"),
    ]
