"""IP rights: the list, one right with its whole history and its fees, and what may be done with it."""

from asyncio import gather
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starlette.responses import Response

from gateway.console.case_acts import CaseActs, entry_page
from gateway.console.difference import Watched
from gateway.console.format import day
from gateway.console.listing import Filter, listed
from gateway.console.page import Page
from gateway.console.views.right_acts import ACTIONS, HISTORY, ONE, REGISTER
from gateway.console.visit import Visit
from gateway.console.visitor import Visitor
from gateway.console.words import Words, mark
from shared.kernel.actor import Role

_LIST = "GET /v1/ip-rights"
_READ = f"GET {ONE}"
_ANNUITIES = f"GET {ONE}/annuities"
READERS = frozenset({Role.ENTERPRISE, Role.IP_CENTRE, Role.CITY, Role.AUDITOR})
REGISTRARS = frozenset({Role.IP_CENTRE, Role.CITY})
DECLARERS = frozenset({Role.IP_CENTRE, Role.ENTERPRISE})
FILTERS = (
    Filter(name="q", label=mark("Name or number")),
    Filter(name="kind", kind="select", enumeration="RightKind"),
    Filter(name="legal_status", kind="select", enumeration="LegalStatus"),
    Filter(name="evidence_level", kind="select", enumeration="EvidenceLevel"),
    Filter(name="owner_uscc"),
    Filter(name="ends_until_on", kind="day", label=mark("Ends by")),
)
OFFICE_FILTERS = (*FILTERS, Filter(name="unit_id", kind="unit"))
"""For those who see the rights of many firms."""
TONES = {
    "GRANTED": "good",
    "RESTORED": "good",
    "INVALID_PART": "good",
    "INVALIDATION_DECIDED": "wait",
    "FILED": "wait",
    "PUBLISHED": "wait",
    "UNDER_EXAM": "wait",
    "REJECTED": "bad",
    "LAPSED_FEE": "bad",
    "INVALID_FULL": "bad",
}
"""Status → tone; what ended by itself has none."""
_ADDED = {
    "ATTESTED": mark("Attested"),
    "EXTENDED": mark("Renewed or extended"),
    "HIGH_VALUE": mark("Ground of high value"),
}
_PPM_PER_PERCENT = 10_000
LIST = Page(name="rights", path="/rights", title=mark("Rights"), roles=READERS, uses=(_LIST,), menu=300)
NEW = entry_page(
    REGISTER,
    name="right-new",
    path="/rights/new",
    roles=DECLARERS,
    listed=LIST,
    begins=lambda visit: _declared_by(visit.who),
    onward=lambda made: f"/rights/{made['id']}",
)
SHOWN = Page(
    name="right",
    path="/rights/{right_id}",
    title=mark("Right"),
    roles=READERS,
    uses=(_READ, HISTORY, _ANNUITIES),
)
ACTS = CaseActs(
    path="/rights/{right_id}",
    key="right_id",
    read=_READ,
    actions=ACTIONS,
    called=lambda _visit, told: str(told["right_no_display"]),
    begins=lambda told: {"owners": "\n".join(f"{one['uscc']} {_percent(one['share_ppm'])}" for one in told["owners"])},
    watched=(
        Watched(name="legal_status", kind="value", enumeration="LegalStatus"),
        Watched(name="evidence_level", kind="value", enumeration="EvidenceLevel"),
        Watched(name="ends_on", kind="day"),
        Watched(name="blemished", kind="yes"),
    ),
    choices=(HISTORY,),
)
ACT = ACTS.page("right-act", title=mark("Right"), roles=REGISTRARS)


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the rights that the reader may see, newest first."""
    filters = FILTERS if visit.who.role is Role.ENTERPRISE else OFFICE_FILTERS
    found = await listed(visit, _LIST, filters, export="ip-rights")
    may_enter = NEW.is_open_to(visit.who.role) and "ipr.right:write" in visit.who.scopes
    return visit.html("rights.html", list=found, filters=filters, tones=TONES, may_enter=may_enter)


@SHOWN.shows
async def show_one(visit: Visit) -> Response:
    """Show one right: its owners, its fees, everything that happened to it, and what may be done."""
    at = {"right_id": visit.value("right_id")}
    told = await visit.read(_READ, at)
    history, fees = await gather(visit.part(HISTORY, at), visit.part(_ANNUITIES, at))
    return visit.html(
        "right.html",
        told=told,
        history=history,
        entries=_entries(history.body, told["owners"], visit.words) if history.body else [],
        fees=fees,
        tones=TONES,
        acts=ACTS.offered(told),
    )


def _declared_by(who: Visitor) -> dict[str, str]:
    """Return what a new right begins with: a firm declares its own, an office has papers."""
    if who.role is Role.ENTERPRISE:
        return {"owners": who.party or "", "evidence-level": "DECLARED"}
    return {"evidence-level": "DOCUMENT"}


def _percent(share_ppm: int) -> str:
    whole, part = divmod(share_ppm, _PPM_PER_PERCENT)
    return f"{whole}.{part:04d}".rstrip("0").rstrip(".") + "%"


def _entries(history: Mapping[str, Any], owners: Sequence[Mapping[str, Any]], words: Words) -> list[dict[str, Any]]:
    """Return everything that happened to a right, oldest first, as the timeline shows it."""
    named = {one["uscc"]: one["name"] for one in owners if one["name"]}
    found = sorted(
        [*_moved(history, words), *_passed(history, named, words), *_told(history, words)], key=lambda one: one[0]
    )
    return [{"at": day(words, on), "title": title, "text": text, "done": True} for on, title, text in found]


_Entry = tuple[str, str, str]


def _moved(history: Mapping[str, Any], words: Words) -> Iterator[_Entry]:
    for one in history["moves"]:
        state = "" if one["status"] == "APPLIED" else words.value("MoveState", one["status"])
        by = words.gettext("followed from the dates of the right") if one["computed_by"] else _ground(one, words)
        text = " · ".join(part for part in (state, by) if part)
        yield one["effective_on"], words.value("LegalStatus", one["to_status"]), text


def _passed(history: Mapping[str, Any], named: Mapping[str, str], words: Words) -> Iterator[_Entry]:
    for one in history["transfers"]:
        owners = _owners(one["owners_before"], named) + " → " + _owners(one["owners_after"], named)
        yield one["effective_on"], words.gettext("Passed to other owners"), f"{owners} · {_ground(one, words)}"


def _told(history: Mapping[str, Any], words: Words) -> Iterator[_Entry]:
    for one in history["blemishes"]:
        kind = words.value("BlemishKind", one["kind"])
        opened = {"evidence": one["opened_evidence"]}
        yield one["opened_on"], words.gettext("%(kind)s accepted", kind=kind), _ground(opened, words)
        if one["cleared_on"]:
            cleared = {"evidence": one["cleared_evidence"]}
            yield one["cleared_on"], words.gettext("%(kind)s closed", kind=kind), _ground(cleared, words)
    for one in history["evidence"]:
        ground = words.value("HighValueGround", one["detail"].get("ground"))
        text = " · ".join(part for part in (ground, _ground(one, words)) if part)
        yield one["evidence"]["issued_on"], words.gettext(_ADDED.get(one["action"], one["action"])), text


def _owners(owners: Sequence[Mapping[str, Any]], named: Mapping[str, str]) -> str:
    """Return owners with their shares; a former owner whose name this page does not know stands with its code."""
    return ", ".join(f"{named.get(one['uscc'], one['uscc'])} {_percent(one['share_ppm'])}" for one in owners)


def _ground(entry: Mapping[str, Any], words: Words) -> str:
    """Return on what an entry rests."""
    told = entry["evidence"] or {}
    parts = (words.value("EvidenceLevel", told.get("level")), told.get("official_no"), day(words, told["issued_on"]))
    return " · ".join(part for part in parts if part)
