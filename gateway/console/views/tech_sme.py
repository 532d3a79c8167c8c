"""The national evaluation of a technology SME, as advice: conditions, points, the cheapest step, the year's window."""

from starlette.responses import Response

from gateway.console.case_action import CaseAction
from gateway.console.case_acts import entry_page
from gateway.console.explanation import points_lines, together
from gateway.console.listing import Filter, listed
from gateway.console.page import Page
from gateway.console.visit import Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_LIST, _MAKE = "GET /v1/tech-sme-evaluations", "POST /v1/tech-sme-evaluations"
_READ = "GET /v1/tech-sme-evaluations/{evaluation_id}"
_REPLAY = "POST /v1/tech-sme-evaluations/{evaluation_id}:replay"
READERS = frozenset({Role.ENTERPRISE, Role.DISTRICT, Role.CITY, Role.AUDITOR})
FILTERS = (Filter(name="verdict", kind="select", enumeration="Verdict"), Filter(name="uscc"))
TONES = {"QUALIFIED": "good", "QUALIFIED_DIRECT": "good", "NOT_QUALIFIED": "bad"}
EVALUATE = CaseAction(
    name="evaluate",
    title=mark("Evaluate now"),
    operation=_MAKE,
    text=mark("Your filing, your rights and your titles are looked at as they stand today; the result is advice."),
    done=mark("The evaluation is made."),
)
LIST = Page(
    name="tech-sme-evaluations",
    path="/tech-sme-evaluations",
    title=mark("National technology SME"),
    roles=READERS,
    uses=(_LIST,),
    menu=65,
)
NEW = entry_page(
    EVALUATE,
    name="tech-sme-evaluation-new",
    path=f"{LIST.path}/new",
    roles=frozenset({Role.ENTERPRISE}),
    listed=LIST,
    kept=lambda visit: {"uscc": visit.who.party},
    onward=lambda made: f"{LIST.path}/{made['id']}",
)
ONE = Page(
    name="tech-sme-evaluation",
    path="/tech-sme-evaluations/{evaluation_id}",
    title=mark("National technology SME"),
    roles=READERS,
    uses=(_READ,),
)
REPLAY = Page(
    name="tech-sme-evaluation-replay",
    path="/tech-sme-evaluations/{evaluation_id}/replay",
    title=mark("Computed again"),
    roles=READERS,
    uses=(_REPLAY,),
)


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the evaluations that the reader may see, newest first."""
    found = await listed(visit, _LIST, FILTERS, fixed={"sort": "NEWEST"})
    return visit.html("tech_sme_evaluations.html", list=found, filters=FILTERS, tones=TONES)


@ONE.shows
async def show_one(visit: Visit) -> Response:
    """Show one evaluation with all that explains it."""
    told = await visit.read(_READ, {"evaluation_id": visit.value("evaluation_id")})
    decided = told["decision"]
    lines = points_lines(decided["lines"], visit.words)
    # What leads to another verdict matters more than what leads to more points.
    steps = [*decided["result"]["cheapest_to_verdict"], *decided["result"]["cheapest_to_tier"]]
    return visit.html(
        "tech_sme_evaluation.html",
        told=told,
        decided=decided,
        lines=lines,
        together=together(lines),
        steps=steps,
        tones=TONES,
    )


@REPLAY.acts
async def replay(visit: Visit) -> Response:
    """Compute an evaluation again from its frozen facts and say whether it comes out the same."""
    evaluation_id = visit.value("evaluation_id")
    told = await visit.read(_REPLAY, {"evaluation_id": evaluation_id})
    back = visit.renderer.link(ONE.name, evaluation_id=evaluation_id)
    return visit.html("replay.html", told=told, back=back, back_title=visit.words.gettext(ONE.title))
