"""The risk-compensation fund: an account per unit, what each side paid in, what it bears, every posting."""

from starlette.responses import Response

from gateway.console.case_action import CaseAction
from gateway.console.case_acts import CaseActs
from gateway.console.chart import Part, drawn
from gateway.console.evidence import EVIDENCE
from gateway.console.format import unit
from gateway.console.inputs import Input
from gateway.console.listing import Filter, listed
from gateway.console.page import Page
from gateway.console.views.covers import ONE as COVER
from gateway.console.visit import Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_ALL = "GET /v1/fund-accounts"
_READ = "GET /v1/fund-accounts/{unit_id}"
_POSTINGS = "GET /v1/fund-postings"
READERS = frozenset({Role.FUND_MANAGER, Role.CITY, Role.AUDITOR, Role.DISTRICT, Role.BANK})
READS_POSTINGS = READERS - {Role.BANK}
FILTERS = (Filter(name="unit_id", kind="unit"),)
POSTING_FILTERS = (
    Filter(name="kind", kind="select", enumeration="PostingKind"),
    Filter(name="contributor", kind="select", enumeration="Contributor"),
    Filter(name="receipt_no"),
    Filter(name="created_from_on", kind="day", label=mark("Posted from")),
    Filter(name="created_until_on", kind="day", label=mark("Posted until")),
)
CONTRIBUTE = CaseAction(
    name="contribute",
    title=mark("Record a contribution"),
    operation="POST /v1/fund-accounts/{unit_id}/contributions",
    inputs=(
        Input(name="contributor", kind="radios", enumeration="Contributor"),
        Input(name="amount_fen", kind="money"),
        Input(name="receipt_no"),
        Input(name="value_on", kind="day"),
        *EVIDENCE,
    ),
    text=mark(
        "Money that has reached the bank account of the fund is recorded by the bank's receipt, each receipt once."
    ),
    done=mark("The contribution is recorded."),
    documents="POST /v1/documents/finance",
)
ACTS = CaseActs(
    path="/fund/{unit_id}",
    key="unit_id",
    read=_READ,
    actions=(CONTRIBUTE,),
    called=lambda visit, told: unit(visit.words, told["unit_id"]),
)
LIST = Page(name="fund", path="/fund", title=mark("Risk fund"), roles=READERS, uses=(_ALL,), menu=225)
ONE = Page(
    name="fund-account",
    path="/fund/{unit_id}",
    title=mark("Account of the fund"),
    roles=READERS,
    uses=(_READ, _POSTINGS),
)
ACT = ACTS.page("fund-act", title=mark("Record a contribution"), roles=frozenset({Role.CITY}))


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the accounts of all units, with what each bears of what it may bear."""
    found = await listed(visit, _ALL, FILTERS, export="fund-accounts")
    return visit.html("fund.html", list=found, filters=FILTERS)


@ONE.shows
async def show_one(visit: Visit) -> Response:
    """Show one account with its postings, newest first; who may not read postings sees the balances."""
    unit_id = visit.value("unit_id")
    told = await visit.read(_READ, {"unit_id": unit_id})
    postings = None
    if visit.who.role in READS_POSTINGS:
        fixed = {"unit_id": unit_id}
        postings = await listed(visit, _POSTINGS, POSTING_FILTERS, fixed=fixed, export="fund-postings")
    return visit.html(
        "fund_account.html",
        told=told,
        list=postings,
        filters=POSTING_FILTERS,
        acts=ACTS.offered(told),
        money_in=drawn(_money_in(visit, told)),
        bears=drawn(_bears(visit, told)),
        sees_cover=COVER.is_open_to(visit.who.role),
    )


def _money_in(visit: Visit, told: dict[str, int]) -> list[Part]:
    words = visit.words
    return [
        Part(words.value("Contributor", "CITY"), told["paid_in_city_fen"], "own"),
        Part(words.value("Contributor", "DISTRICT"), told["paid_in_district_fen"], "left"),
    ]


def _bears(visit: Visit, told: dict[str, int]) -> list[Part]:
    words = visit.words
    return [
        Part(words.field("exposure_fen"), told["exposure_fen"], "own"),
        Part(words.field("capacity_left_fen"), told["capacity_left_fen"], "left"),
    ]
