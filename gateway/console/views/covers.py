"""Cover by the risk-compensation fund: what was filed, what is decided, what is released."""

from collections.abc import Mapping

from starlette.responses import Response

from gateway.console.case_action import CaseAction, action_of, ask_for, offered, take
from gateway.console.inputs import Choices, Input
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
)
TONES = {"FILED": "wait", "COVERED": "good", "REFUSED": "bad", "RELEASED": "done"}


async def _reasons(visit: Visit) -> Mapping[str, Choices]:
    told = await visit.read(_REASONS)
    named = "label_zh" if visit.words.language == "zh" else "label_en"
    return {"reason_code": [(one["code"], one[named]) for one in told["items"]]}


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
        choices=_reasons,
    ),
)
LIST = Page(name="covers", path="/covers", title=mark("Risk cover"), roles=READERS, uses=("GET /v1/covers",), menu=220)
ONE = Page(name="cover", path="/covers/{cover_id}", title=mark("Risk cover"), roles=READERS, uses=(_READ,))
ACT = Page(
    name="cover-act",
    path="/covers/{cover_id}/{action}",
    title=mark("Risk cover"),
    roles=frozenset({Role.FUND_MANAGER}),
    uses=(_READ, _REASONS, _DECIDE),
)


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the cover that the reader may see."""
    found = await listed(visit, "GET /v1/covers", FILTERS, export="covers")
    return visit.html("covers.html", list=found, filters=FILTERS, tones=TONES)


@ONE.shows
async def show_one(visit: Visit) -> Response:
    """Show one cover, and what may be decided about it."""
    told = await visit.read(_READ, {"cover_id": visit.value("cover_id")})
    return visit.html("cover.html", told=told, tones=TONES, acts=offered(told, ACTIONS))


@ACT.shows
async def show_act(visit: Visit) -> Response:
    """Show the form of a decision."""
    cover_id = visit.value("cover_id")
    await visit.read(_READ, {"cover_id": cover_id})
    action = action_of(ACTIONS, visit.value("action"))
    about = visit.words.gettext("Risk cover")
    return await ask_for(visit, action, back=f"/console/covers/{cover_id}", about=about)


@ACT.acts
async def act(visit: Visit) -> Response:
    """Decide."""
    cover_id = visit.value("cover_id")
    action = action_of(ACTIONS, visit.value("action"))
    about = visit.words.gettext("Risk cover")
    return await take(visit, action, {"cover_id": cover_id}, back=f"/covers/{cover_id}", about=about)
