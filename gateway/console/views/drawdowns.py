"""Drawdowns: repayments of each, and whether the risk fund covers it."""

from starlette.responses import Response

from gateway.console.case_action import CaseAction, action_of, ask_for, open_to, take
from gateway.console.format import typed_yuan
from gateway.console.inputs import Input
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
        scope="credit.loan:write",
    ),
    CaseAction(
        name="cover",
        title=mark("File for cover"),
        operation=f"POST {_ONE}/cover",
        text=mark("The risk-compensation fund is asked to cover this drawdown."),
        done=mark("The drawdown is filed for cover."),
        scope="fund.cover:write",
    ),
)
ONE = Page(
    name="drawdown",
    path="/drawdowns/{drawdown_id}",
    title=mark("Drawdown"),
    roles=READERS,
    uses=(_READ, _COVERS),
)
ACT = Page(
    name="drawdown-act",
    path="/drawdowns/{drawdown_id}/{action}",
    title=mark("Drawdown"),
    roles=frozenset({Role.BANK}),
    uses=(_READ, *(one.operation for one in ACTIONS)),
)


@ONE.shows
async def show_one(visit: Visit) -> Response:
    """Show one drawdown with its repayments and its cover."""
    drawdown_id = visit.value("drawdown_id")
    told = await visit.read(_READ, {"drawdown_id": drawdown_id})
    covers = await visit.part(_COVERS, query={"drawdown_id": drawdown_id})
    return visit.html("drawdown.html", told=told, covers=covers, acts=open_to(visit, ACTIONS))


@ACT.shows
async def show_act(visit: Visit) -> Response:
    """Show the form of an act."""
    drawdown_id = visit.value("drawdown_id")
    told = await visit.read(_READ, {"drawdown_id": drawdown_id})
    action = action_of(ACTIONS, visit.value("action"))
    case = {"amount_fen": typed_yuan(told["outstanding_fen"])}
    return await ask_for(visit, action, back=f"/console/drawdowns/{drawdown_id}", about=told["note_no"], case=case)


@ACT.acts
async def act(visit: Visit) -> Response:
    """Do it."""
    drawdown_id = visit.value("drawdown_id")
    told = await visit.read(_READ, {"drawdown_id": drawdown_id})
    action = action_of(ACTIONS, visit.value("action"))
    back = f"/drawdowns/{drawdown_id}"
    return await take(visit, action, {"drawdown_id": drawdown_id}, back=back, about=told["note_no"])
