"""Drawdowns: repayments of each, and whether the risk fund covers it."""

from starlette.responses import Response

from gateway.console.case_action import CaseAction
from gateway.console.case_acts import CaseActs
from gateway.console.difference import Watched
from gateway.console.format import typed_yuan
from gateway.console.inputs import Input
from gateway.console.listing import Filter, listed
from gateway.console.page import Page
from gateway.console.views.loans import READERS
from gateway.console.visit import Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_ONE = "/v1/drawdowns/{drawdown_id}"
_READ = f"GET {_ONE}"
_COVERS = "GET /v1/covers"
ACTIONS = (
    CaseAction(
        name="repay",
        title=mark("Record a repayment"),
        operation=f"POST {_ONE}/repayments",
        inputs=(
            Input(name="amount_fen", kind="money"),
            Input(name="value_on", kind="day"),
            Input(name="bank_ref"),
        ),
        text=mark("Principal alone is recorded; interest stays in the bank's books."),
        done=mark("The repayment is recorded."),
    ),
    CaseAction(
        name="cover",
        title=mark("File for cover"),
        operation=f"POST {_ONE}/cover",
        text=mark("The risk-compensation fund is asked to cover this drawdown."),
        done=mark("The drawdown is filed for cover."),
    ),
)
FILTERS = (
    Filter(name="status", kind="select", enumeration="DrawdownStatus"),
    Filter(name="note_no"),
    Filter(name="contract_no"),
    Filter(name="enterprise_uscc"),
    Filter(name="matures_from_on", kind="day", label=mark("Due from")),
    Filter(name="matures_until_on", kind="day", label=mark("Due until")),
)
LIST = Page(
    name="drawdowns",
    path="/drawdowns",
    title=mark("Drawdowns"),
    roles=READERS,
    uses=("GET /v1/drawdowns",),
    menu=215,
)
ONE = Page(
    name="drawdown",
    path="/drawdowns/{drawdown_id}",
    title=mark("Drawdown"),
    roles=READERS,
    uses=(_READ, _COVERS),
)
ACTS = CaseActs(
    path="/drawdowns/{drawdown_id}",
    key="drawdown_id",
    read=_READ,
    actions=ACTIONS,
    called=lambda _visit, told: str(told["note_no"]),
    begins=lambda told: {"amount_fen": typed_yuan(told["outstanding_fen"])},
    watched=(
        Watched(name="status", kind="value", enumeration="DrawdownStatus"),
        Watched(name="outstanding_fen", kind="money"),
    ),
)
ACT = ACTS.page("drawdown-act", title=mark("Drawdown"), roles=frozenset({Role.BANK}))


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the drawdowns that the reader may see, over all loans."""
    found = await listed(visit, "GET /v1/drawdowns", FILTERS, export="drawdowns")
    return visit.html("drawdowns.html", list=found, filters=FILTERS)


@ONE.shows
async def show_one(visit: Visit) -> Response:
    """Show one drawdown with its repayments and its cover."""
    drawdown_id = visit.value("drawdown_id")
    told = await visit.read(_READ, {"drawdown_id": drawdown_id})
    covers = await visit.part(_COVERS, query={"drawdown_id": drawdown_id})
    return visit.html("drawdown.html", told=told, covers=covers, acts=ACTS.offered(told))
