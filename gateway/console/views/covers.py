"""Cover by the risk-compensation fund: what was filed, what is decided, what is released."""

from starlette.responses import Response

from gateway.console.case_action import CaseAction, coded_reasons, reason_text
from gateway.console.case_acts import CaseActs
from gateway.console.difference import Watched
from gateway.console.inputs import Input
from gateway.console.listing import Filter, listed
from gateway.console.page import Page
from gateway.console.visit import Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_ONE = "/v1/covers/{cover_id}"
_READ = f"GET {_ONE}"
_DECIDE = f"POST {_ONE}:decide"
_REASONS = "GET /v1/covers/reasons"
READERS = frozenset({Role.BANK, Role.ENTERPRISE, Role.CITY, Role.AUDITOR, Role.FUND_MANAGER})
FILTERS = (
    Filter(name="status", kind="select", enumeration="CoverStatus"),
    Filter(name="contract_no"),
    Filter(name="case_no"),
    Filter(name="enterprise_uscc"),
    Filter(name="decided_from_on", kind="day", label=mark("Decided from")),
)
TONES = {"FILED": "wait", "COVERED": "good", "REFUSED": "bad", "RELEASED": "done"}

ACTIONS = (
    CaseAction(
        name="cover",
        title=mark("Grant cover"),
        operation=_DECIDE,
        text=mark("The fund takes its share of this drawdown's risk from now on."),
        fixed={"decision": "COVERED"},
        done=mark("The drawdown is covered."),
    ),
    CaseAction(
        name="refuse",
        title=mark("Refuse cover"),
        operation=_DECIDE,
        inputs=(Input(name="reason_code", kind="radios", label=mark("Reason")),),
        fixed={"decision": "REFUSED"},
        done=mark("Cover is refused; the bank sees the reason."),
        is_final=True,
        choices=coded_reasons(_REASONS),
    ),
)
LIST = Page(name="covers", path="/covers", title=mark("Risk cover"), roles=READERS, uses=("GET /v1/covers",), menu=220)
ONE = Page(name="cover", path="/covers/{cover_id}", title=mark("Risk cover"), roles=READERS, uses=(_READ, _REASONS))
ACTS = CaseActs(
    path="/covers/{cover_id}",
    key="cover_id",
    read=_READ,
    actions=ACTIONS,
    called=lambda visit, _case: visit.words.gettext("Risk cover"),
    watched=(Watched(name="status", kind="value", enumeration="CoverStatus"),),
    choices=(_REASONS,),
)
ACT = ACTS.page("cover-act", title=mark("Risk cover"), roles=frozenset({Role.FUND_MANAGER}))


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the cover that the reader may see."""
    found = await listed(visit, "GET /v1/covers", FILTERS, export="covers")
    return visit.html("covers.html", list=found, filters=FILTERS, tones=TONES)


@ONE.shows
async def show_one(visit: Visit) -> Response:
    """Show one cover, and what may be decided about it."""
    told = await visit.read(_READ, {"cover_id": visit.value("cover_id")})
    reason = await reason_text(visit, _REASONS, told["reason_code"])
    return visit.html("cover.html", told=told, tones=TONES, acts=ACTS.offered(told), reason=reason)
