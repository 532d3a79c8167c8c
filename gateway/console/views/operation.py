"""The operator's pages: health of the suite, keys, and events that could not be handled."""

from asyncio import gather
from http import HTTPStatus

from starlette.responses import Response

from gateway.console.case_action import CaseAction, action_of, ask_for, open_to, take
from gateway.console.inputs import Input
from gateway.console.listing import Filter, listed
from gateway.console.page import Page
from gateway.console.views.audit import KEEPERS
from gateway.console.visit import PageRefusedError, Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_READERS = frozenset({Role.OPERATOR})
_HEALTH = "GET /v1/suite-health"
_SIGNING, _EVENT = "GET /v1/signing-keys", "GET /v1/event-keys"
_SERVICES = tuple(one for one in KEEPERS if one != "gateway")
_WAITING = "WAITING"
_WRITE = "operation.dead_letter:write"
_LISTS = {one: f"GET /v1/dead-letters/{one}" for one in _SERVICES}
_READS = {one: f"GET /v1/dead-letters/{one}/{{letter_id}}" for one in _SERVICES}
FILTERS = (
    Filter(name="status", kind="select", enumeration="DeadLetterStatus"),
    Filter(name="parked_from_on", kind="day", label=mark("From")),
    Filter(name="parked_until_on", kind="day", label=mark("Until")),
)
TONES = {"WAITING": "wait", "REPLAYED": "good", "DISCARDED": "done"}
KEY_TONES = {"SIGNING": "good", "ANNOUNCED": "wait", "PUBLISHED": "plain", "WITHDRAWN": "done"}
SUITE = Page(name="suite", path="/suite", title=mark("Health of the suite"), roles=_READERS, uses=(_HEALTH,), menu=900)
KEYS = Page(name="keys", path="/keys", title=mark("Keys"), roles=_READERS, uses=(_SIGNING, _EVENT), menu=930)
LETTERS = Page(
    name="dead-letters",
    path="/dead-letters",
    title=mark("Events not handled"),
    roles=_READERS,
    uses=tuple(_LISTS.values()),
    menu=940,
)
LETTER = Page(
    name="dead-letter",
    path="/dead-letters/{service}/{letter_id}",
    title=mark("Event not handled"),
    roles=_READERS,
    uses=tuple(_READS.values()),
)


def _acts(service: str) -> tuple[CaseAction, ...]:
    one = f"POST /v1/dead-letters/{service}/{{letter_id}}"
    return (
        CaseAction(
            name="replay",
            title=mark("Handle it again"),
            operation=f"{one}:replay",
            text=mark("Mend the reason first. It takes effect once, also if this is sent twice."),
            done=mark("The event took effect."),
            scope=_WRITE,
        ),
        CaseAction(
            name="discard",
            title=mark("Give it up"),
            operation=f"{one}:discard",
            inputs=(Input(name="reason", kind="textarea", within="DeadLetterDiscard"),),
            text=mark("Nobody will handle it any more; what follows it need not wait. The reason is kept."),
            done=mark("The event is given up; the reason is kept."),
            is_final=True,
            scope=_WRITE,
        ),
    )


ACTIONS = {one: _acts(one) for one in _SERVICES}
LETTER_ACT = Page(
    name="dead-letter-act",
    path="/dead-letters/{service}/{letter_id}/{action}",
    title=mark("Event not handled"),
    roles=_READERS,
    uses=(*_READS.values(), *(one.operation for acts in ACTIONS.values() for one in acts)),
)


@SUITE.shows
async def show_suite(visit: Visit) -> Response:
    """Show what each service says of itself."""
    told = await visit.read(_HEALTH)
    rows = [{**one, "title": visit.words.gettext(KEEPERS[one["service"]])} for one in told["items"]]
    return visit.html("suite.html", rows=rows)


@KEYS.shows
async def show_keys(visit: Visit) -> Response:
    """Show the keys of tokens and of events with their times."""
    signing, event = await gather(visit.part(_SIGNING), visit.part(_EVENT))
    titles = {name: visit.words.gettext(title) for name, title in KEEPERS.items()}
    return visit.html("keys.html", signing=signing, event=event, tones=KEY_TONES, titles=titles)


@LETTERS.shows
async def show_letters(visit: Visit) -> Response:
    """Show what one service could not handle, newest first."""
    service = _service(visit.asked_for("service") or _SERVICES[0])
    titles = [(one, visit.words.gettext(KEEPERS[one])) for one in _SERVICES]
    found = await listed(visit, _LISTS[service], FILTERS, kept={"service": service}, export=f"dead-letters/{service}")
    return visit.html("dead_letters.html", list=found, filters=FILTERS, tones=TONES, services=titles, service=service)


@LETTER.shows
async def show_letter(visit: Visit) -> Response:
    """Show one event with its reason; what a person typed is masked, and the look is kept."""
    service = _service(visit.value("service"))
    told = await visit.read(_READS[service], {"letter_id": visit.value("letter_id")})
    acts = open_to(visit, ACTIONS[service]) if told["status"] == _WAITING else []
    title = visit.words.gettext(KEEPERS[service])
    return visit.html("dead_letter.html", told=told, tones=TONES, acts=acts, service=service, title=title)


@LETTER_ACT.shows
async def show_letter_act(visit: Visit) -> Response:
    """Show the form of an act."""
    service, letter_id = _service(visit.value("service")), visit.value("letter_id")
    await visit.read(_READS[service], {"letter_id": letter_id})
    action = action_of(ACTIONS[service], visit.value("action"))
    back = visit.renderer.link("dead-letter", service=service, letter_id=letter_id)
    return await ask_for(visit, action, back=back, about=visit.words.gettext("Event %(number)s", number=letter_id))


@LETTER_ACT.acts
async def act(visit: Visit) -> Response:
    """Do it."""
    service, letter_id = _service(visit.value("service")), visit.value("letter_id")
    action = action_of(ACTIONS[service], visit.value("action"))
    about = visit.words.gettext("Event %(number)s", number=letter_id)
    back = f"/dead-letters/{service}/{visit.values['letter_id']}"
    return await take(visit, action, {"letter_id": letter_id}, back=back, about=about)


def _service(name: str) -> str:
    """Return the name of a service that hears events.

    Raises:
        PageRefusedError: 404 for another.
    """
    if name not in _SERVICES:
        raise PageRefusedError(HTTPStatus.NOT_FOUND)
    return name
