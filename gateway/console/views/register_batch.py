"""One decision for several applications that were ticked in the list: each its own call, each its own answer."""

from dataclasses import dataclass
from http import HTTPStatus

from starlette.responses import Response

from gateway.console.case_action import CaseAction, action_of
from gateway.console.listing import LINES
from gateway.console.own_api import OwnApiDownError, Said
from gateway.console.page import Page
from gateway.console.views.register_applications import BATCH
from gateway.console.visit import PageRefusedError, Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_READ = "GET /v1/register-applications/{application_id}"
PAGE = Page(
    name="register-batch",
    path="/register-batch",
    title=mark("Several applications at once"),
    roles=frozenset({Role.DISTRICT, Role.CITY}),
    uses=(_READ, *dict.fromkeys(one.operation for one in BATCH)),
)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case.

    Attributes:
        application_id: of it.
        case_no: of it; the id where even that could not be read.
        name: of its enterprise.
        is_done: whether the decision was taken.
        said: what is said of it: done, or why not and the way out.
    """

    application_id: str
    case_no: str
    name: str
    is_done: bool
    said: str


@PAGE.acts
async def act(visit: Visit) -> Response:
    """Decide each case that was ticked and show what became of each; the same form sent again has no second effect."""
    action = action_of(BATCH, visit.form.text("act"))
    ticked = list(dict.fromkeys(visit.form.all("application_id")))
    if not ticked or len(ticked) > LINES:
        raise PageRefusedError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            {
                "title": visit.words.gettext("No application is ticked"),
                "detail": visit.words.gettext("Go back and tick those that you decide on, one page at most."),
            },
        )
    results = [await _decide(visit, action, one) for one in ticked]
    done = sum(one.is_done for one in results)
    return visit.html("register_batch.html", action=action, results=results, done=done)


async def _decide(visit: Visit, action: CaseAction, application_id: str) -> Result:
    at = {"application_id": application_id}
    headers = {"idempotency-key": f"{visit.form.key}.{application_id}"}
    try:
        said = await visit.ask(action.operation, at, body=dict(action.fixed) if action.fixed else None, headers=headers)
        told = said if said.is_good else await visit.ask(_READ, at)
    except OwnApiDownError:
        text = visit.words.gettext("This part does not answer at the moment.")
        return Result(application_id, application_id, "", is_done=False, said=text)
    case = told.body if told.is_good else {"case_no": application_id, "name": ""}
    text = visit.words.gettext(action.done) if said.is_good else _why(said)
    return Result(application_id, case["case_no"], case["name"], is_done=said.is_good, said=text)


def _why(said: Said) -> str:
    problem = said.body or {}
    return " ".join(str(problem[name]) for name in ("title", "detail") if problem.get(name))
