"""Runs of the rule sets over all enterprises: started, watched, kept; each result explained on demand."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from gateway.console.case_action import CaseAction, Offered
from gateway.console.case_acts import CaseActs, entry_page
from gateway.console.format import day
from gateway.console.inputs import Choices, Input
from gateway.console.listing import Filter, listed
from gateway.console.page import Page
from gateway.console.visit import Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_ALL = "GET /v1/population-runs"
_ONE = "/v1/population-runs/{run_id}"
_READ = f"GET {_ONE}"
_RESULTS = "GET /v1/population-results"
_WHY = f"GET {_ONE}/results/{{policy}}/{{uscc}}"
READERS = frozenset({Role.CITY, Role.AUDITOR})
FILTERS = (
    Filter(name="policy", kind="select", enumeration="PopulationPolicy"),
    Filter(name="verdict", kind="select", enumeration="PopulationVerdict"),
    Filter(name="unit_id", kind="unit"),
    Filter(name="uscc"),
)
TONES = {"QUEUED": "wait", "RUNNING": "wait", "DONE": "good", "FAILED": "bad", "CANCELLED": "done"}
ENDED = frozenset({"DONE", "FAILED", "CANCELLED"})


async def _policies(visit: Visit) -> Mapping[str, Choices]:
    return {"policies": visit.words.values("PopulationPolicy")}


START = CaseAction(
    name="start",
    title=mark("Decide all enterprises"),
    operation="POST /v1/population-runs",
    inputs=(Input(name="policies", kind="checkboxes", label=mark("Rule sets")),),
    text=mark("Every enterprise is decided by the rules of today. Nothing is published by it."),
    done=mark("The run waits for its turn."),
    choices=_policies,
    scope="registry.population:write",
)
ACTIONS = (
    CaseAction(
        name="cancel",
        title=mark("Cancel the run"),
        operation=f"POST {_ONE}:cancel",
        text=mark("What is decided already stays."),
        done=mark("The run is cancelled."),
        is_final=True,
    ),
    CaseAction(
        name="keep",
        title=mark("Keep the results"),
        operation=f"POST {_ONE}:keep",
        inputs=(Input(name="reference", help=mark("The number of what rests on them.")),),
        done=mark("The results are kept."),
    ),
    CaseAction(
        name="release",
        title=mark("Keep them no longer"),
        operation=f"POST {_ONE}:release",
        inputs=(Input(name="reference", help=mark("The number of what rested on them.")),),
        done=mark("The results are not kept for this any more."),
    ),
)
LIST = Page(
    name="population-runs",
    path="/population-runs",
    title=mark("Runs over all enterprises"),
    roles=READERS,
    uses=(_ALL,),
    menu=420,
)
NEW = entry_page(
    START,
    name="population-run-start",
    path="/population-runs/start",
    roles=frozenset({Role.CITY}),
    listed=LIST,
    onward=lambda made: f"/population-runs/{made['id']}",
)
ONE = Page(
    name="population-run",
    path="/population-runs/{run_id}",
    title=mark("Run over all enterprises"),
    roles=READERS,
    uses=(_READ, _RESULTS),
)
WHY = Page(
    name="population-result",
    path="/population-runs/{run_id}/results/{policy}/{uscc}",
    title=mark("One result"),
    roles=READERS,
    uses=(_WHY,),
)
ACTS = CaseActs(
    path="/population-runs/{run_id}",
    key="run_id",
    read=_READ,
    actions=ACTIONS,
    called=lambda visit, told: f"{visit.words.gettext(ONE.title)} {day(visit.words, told['as_of_on'])}",
    closes=False,  # the service does not say yet what it offers for a run
)
ACT = ACTS.page("population-run-act", title=ONE.title, roles=frozenset({Role.CITY}))


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the runs, the newest first."""
    found = await listed(visit, _ALL, ())
    can_start = START.scope in visit.who.scopes
    return visit.html("population_runs.html", list=found, tones=TONES, can_start=can_start)


@ONE.shows
async def show_one(visit: Visit) -> Response:
    """Show how far a run is and what it found."""
    run_id = visit.value("run_id")
    told = await visit.read(_READ, {"run_id": run_id})
    found = await listed(visit, _RESULTS, FILTERS, fixed={"run_id": run_id}, export="population-results")
    return visit.html(
        "population_run.html",
        told=told,
        list=found,
        filters=FILTERS,
        tones=TONES,
        ended=told["status"] in ENDED,
        acts=_offered(visit, told),
    )


@WHY.shows
async def show_why(visit: Visit) -> Response:
    """Show one result, decided again: what it rests on, and whether it comes out the same today."""
    at = {name: visit.value(name) for name in ("run_id", "policy", "uscc")}
    told = await visit.read(_WHY, at)
    return visit.html("population_result.html", told=told, run_id=at["run_id"])


def _offered(visit: Visit, told: Mapping[str, Any]) -> list[Offered]:
    """Return what fits a run as it stands."""
    if START.scope not in visit.who.scopes:
        return []
    ended = told["status"] in ENDED
    fits = {"cancel": not ended, "keep": ended and not told["cleared_at"], "release": bool(told["kept_for"])}
    words = visit.words
    return [Offered(one, words.gettext(one.title), words.gettext(one.title), None) for one in ACTIONS if fits[one.name]]
