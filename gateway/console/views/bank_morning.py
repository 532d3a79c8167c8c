"""A bank's morning: what came in, what is due, and what changed since the last sign-in or since yesterday."""

from asyncio import gather
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from gateway.console.page import Page
from gateway.console.views.queue import places
from gateway.console.visit import Part, Visit
from gateway.console.words import mark
from gateway.usecases import session as sessions
from shared.kernel.actor import Role
from shared.kernel.clock import shanghai_date

_ITEMS = "GET /v1/work-items"
_LINES = 20
_COUNTS = {
    "loan-applications": "GET /v1/loan-applications/counts",
    "loans": "GET /v1/loans/counts",
    "drawdowns": "GET /v1/drawdowns/counts",
    "covers": "GET /v1/covers/counts",
    "consents": "GET /v1/consents/counts",
}
_WEEK, _MONTH = timedelta(days=7), timedelta(days=30)
PAGE = Page(
    name="bank-morning",
    path="/today",
    title=mark("Today"),
    roles=frozenset({Role.BANK}),
    uses=(_ITEMS, *_COUNTS.values()),
    menu=40,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the morning: what it counts, which page lists it, and by which filters.

    Attributes:
        title: what is counted, in the reader's language.
        page: that lists the same rows.
        query: filters of both.
        tone: of the number where it is not zero.
    """

    title: str
    page: str
    query: Mapping[str, str]
    tone: str = "plain"

    @property
    def narrowed(self) -> str:
        """The filters as the page's address has them."""
        return urlencode(self.query)


@PAGE.shows
async def show(visit: Visit) -> Response:
    """Show the morning."""
    today = shanghai_date(visit.state.clock.now())
    choices = await _beginnings(visit, today)
    asked = visit.asked_for("since")
    since = asked if asked in choices else next(iter(choices))
    changed, due = _changed(visit, choices[since]), _due(visit, today)
    items, *counts = await gather(
        visit.part(_ITEMS, query={"limit": _LINES}),
        *(visit.part(_COUNTS[one.page], query=one.query) for one in (*changed, *due)),
    )
    told = list(zip((*changed, *due), counts, strict=True))
    return visit.html(
        "bank_morning.html",
        today=today,
        since=since,
        choices=choices,
        items=items,
        changed=told[: len(changed)],
        due=told[len(changed) :],
        flagged=_flagged(items),
        places=places(visit),
    )


async def _beginnings(visit: Visit, today: date) -> dict[str, date]:
    """Return the days since which changes can be shown: the last sign-in where there was one comes first."""
    state, who = visit.state, visit.who
    async with state.db.transaction(actor=visit.actor, clock=state.clock, read_only=True) as tx:
        before = await sessions.last_before(tx, who.account_id, who.session_id)
    last = {} if before is None else {"sign-in": shanghai_date(before)}
    return {**last, "yesterday": today - timedelta(days=1), "week": today - _WEEK}


def _changed(visit: Visit, since: date) -> list[Line]:
    _, on = visit.words.gettext, since.isoformat()
    return [
        Line(_("New applications"), "loan-applications", {"submitted_from_on": on}, "wait"),
        Line(_("Cover decided"), "covers", {"decided_from_on": on}),
        Line(_("Consents withdrawn: delete what you hold"), "consents", {"revoked_from_on": on}, "bad"),
        Line(_("Consents given"), "consents", {"granted_from_on": on}),
    ]


def _due(visit: Visit, today: date) -> list[Line]:
    _ = visit.words.gettext
    yesterday, soon = (today - timedelta(days=1)).isoformat(), (today + _MONTH).isoformat()
    return [
        Line(
            _("Answers overdue"),
            "loan-applications",
            {"answer_due_until_on": yesterday, "status": "BANK_REVIEW"},
            "bad",
        ),
        Line(_("Approved, to be signed"), "loan-applications", {"status": "APPROVED"}, "wait"),
        Line(_("Repayments overdue"), "drawdowns", {"matures_until_on": yesterday, "status": "DISBURSED"}, "bad"),
        Line(
            _("Repayments due within thirty days"),
            "drawdowns",
            {"matures_from_on": today.isoformat(), "matures_until_on": soon, "status": "DISBURSED"},
        ),
        Line(
            _("Drawing ends within thirty days"),
            "loans",
            {"draw_until_from_on": today.isoformat(), "draw_until_until_on": soon, "status": "SIGNED"},
            "wait",
        ),
    ]


def _flagged(items: Part) -> list[Mapping[str, Any]]:
    """Return the cases of the list whose firm was evaluated anew, which the bank has not confirmed yet."""
    held = (items.body or {"items": []})["items"]
    return [one for one in held if any(act["name"] == "acknowledge" for act in one["actions"])]
