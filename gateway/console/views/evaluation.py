"""A knowledge-value evaluation: points against their maximum, the way to the next grade, where each comes from."""

from starlette.responses import Response

from gateway.console.case_action import CaseAction
from gateway.console.case_acts import entry_page
from gateway.console.explanation import next_steps, points_lines, together
from gateway.console.listing import listed
from gateway.console.page import Page
from gateway.console.visit import Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_LIST, _MAKE = "GET /v1/kvc-evaluations", "POST /v1/kvc-evaluations"
_READ = "GET /v1/kvc-evaluations/{evaluation_id}"
_REPLAY = "POST /v1/kvc-evaluations/{evaluation_id}:replay"
READERS = frozenset({Role.ENTERPRISE, Role.CITY, Role.AUDITOR})
EVALUATE = CaseAction(
    name="evaluate",
    title=mark("Evaluate now"),
    operation=_MAKE,
    text=mark("Your filing, your rights and your titles are evaluated as they stand today. Banks see the new result."),
    done=mark("The evaluation is made."),
)
LIST = Page(name="evaluations", path="/evaluations", title=mark("Evaluations"), roles=READERS, uses=(_LIST,), menu=60)
NEW = entry_page(
    EVALUATE,
    name="evaluation-new",
    path=f"{LIST.path}/new",
    roles=frozenset({Role.ENTERPRISE}),
    listed=LIST,
    kept=lambda visit: {"uscc": visit.who.party},
    onward=lambda made: f"{LIST.path}/{made['id']}",
)
ONE = Page(
    name="evaluation", path="/evaluations/{evaluation_id}", title=mark("Evaluation"), roles=READERS, uses=(_READ,)
)
REPLAY = Page(
    name="evaluation-replay",
    path="/evaluations/{evaluation_id}/replay",
    title=mark("Computed again"),
    roles=READERS,
    uses=(_REPLAY,),
)


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the evaluations that the reader may see, newest first."""
    return visit.html("evaluations.html", list=await listed(visit, _LIST, ()))


@ONE.shows
async def show_one(visit: Visit) -> Response:
    """Show one evaluation with every indicator."""
    told = await visit.read(_READ, {"evaluation_id": visit.value("evaluation_id")})
    lines = points_lines(told["lines"], visit.words)
    steps = next_steps(told["lines"], visit.words)
    return visit.html("evaluation.html", told=told, lines=lines, together=together(lines), steps=steps)


@REPLAY.acts
async def replay(visit: Visit) -> Response:
    """Compute an evaluation again from its frozen facts and say whether it comes out the same."""
    evaluation_id = visit.value("evaluation_id")
    told = await visit.read(_REPLAY, {"evaluation_id": evaluation_id})
    back = visit.renderer.link(ONE.name, evaluation_id=evaluation_id)
    return visit.html("replay.html", told=told, back=back, back_title=visit.words.gettext(ONE.title))
