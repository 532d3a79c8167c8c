"""People: who may sign in and for whom; an administrator makes accounts, suspends them, gives first passwords."""

from http import HTTPStatus

from starlette.responses import Response

from gateway.console.case_action import CaseAction
from gateway.console.case_acts import CaseActs
from gateway.console.inputs import Input, body_of
from gateway.console.listing import Filter, listed
from gateway.console.page import EVERYBODY, Page
from gateway.console.visit import PageRefusedError, Visit
from gateway.console.words import Words, mark
from gateway.rules.account_act import READ, WRITE
from shared.kernel.actor import Role

_LIST = "GET /v1/accounts"
_MAKE = "POST /v1/accounts"
_ONE = "/v1/accounts/{account_id}"
_READ = f"GET {_ONE}"
FILTERS = (
    Filter(name="login"),
    Filter(name="role", kind="select", enumeration="Role"),
    Filter(name="status", kind="select", enumeration="AccountStatus"),
    Filter(name="party"),
)
TONES = {"ACTIVE": "good", "SUSPENDED": "bad"}
ACTIONS = (
    CaseAction(
        name="suspend",
        title=mark("Suspend the account"),
        operation=f"POST {_ONE}:suspend",
        inputs=(Input(name="reason", within="SuspensionRequest"),),
        text=mark("The person is signed out everywhere now and cannot sign in until somebody lets them in again."),
        done=mark("The account is suspended."),
        is_final=True,
    ),
    CaseAction(
        name="resume",
        title=mark("Let the person in again"),
        operation=f"POST {_ONE}:resume",
        done=mark("The person may sign in again."),
    ),
    CaseAction(
        name="reset-password",
        title=mark("Give a new first password"),
        operation=f"POST {_ONE}:reset-password",
        text=mark("The old password and the second factor end now, and so does every session of the person."),
        done=mark("There is a new first password."),
        is_final=True,
        shows="first_password.html",
    ),
    CaseAction(
        name="end-sessions",
        title=mark("End every session"),
        operation=f"POST {_ONE}:end-sessions",
        text=mark("The person is signed out everywhere and may sign in again."),
        done=mark("Every session of the person has ended."),
    ),
    CaseAction(
        name="bind-identity",
        title=mark("Bind an identity"),
        operation=f"POST {_ONE}/identities",
        inputs=(Input(name="subject", within="IdentityRequest"),),
        text=mark("Who signs in there under this identifier signs in to this account; the sign-in shows it."),
        done=mark("The identity is bound."),
    ),
)
_RELEASE = f"DELETE {_ONE}/identities/{{identity_id}}"
INPUTS = (
    Input(name="name", within="AccountRequest"),
    Input(name="login", help=mark("Small letters, digits, dots, dashes, @.")),
    Input(name="role", kind="select"),
    Input(name="party", required=False, help=mark("For people of an enterprise, a bank or an agency.")),
    Input(name="unit_id", kind="select", required=False, help=mark("For people of a district.")),
    Input(
        name="is_administrator",
        kind="checkbox",
        required=False,
        help=mark("Sees and changes the accounts of the same body."),
    ),
)
LIST = Page(name="people", path="/people", title=mark("People"), roles=EVERYBODY, scope=READ, uses=(_LIST,), menu=910)
NEW = Page(name="person-new", path="/people/new", title=mark("New person"), roles=EVERYBODY, scope=WRITE, uses=(_MAKE,))
ONE = Page(name="person", path="/people/{account_id}", title=mark("Person"), roles=EVERYBODY, scope=READ, uses=(_READ,))
ACTS = CaseActs(
    path="/people/{account_id}",
    key="account_id",
    read=_READ,
    actions=ACTIONS,
    called=lambda _visit, told: str(told["full_name"]),
    closes=False,  # a form that came too late says so when it is sent
)
ACT = ACTS.page("person-act", title=mark("Person"), roles=EVERYBODY, scope=WRITE)
RELEASE = Page(
    name="person-identity-release",
    path="/people/{account_id}/identities/{identity_id}/release",
    title=mark("Person"),
    roles=EVERYBODY,
    scope=WRITE,
    uses=(_RELEASE,),
)


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the people that the reader administers."""
    found = await listed(visit, _LIST, FILTERS, export="accounts")
    return visit.html(
        "people.html",
        list=found,
        filters=FILTERS,
        tones=TONES,
        may_make=WRITE in visit.who.scopes,
    )


@NEW.shows
async def ask_new(visit: Visit) -> Response:
    """Ask who is to sign in; an administrator of a body makes people of that body."""
    return _new(visit)


@NEW.acts
async def make(visit: Visit) -> Response:
    """Make the account and show its first password, this once."""
    body = {**_own(visit), **body_of(visit.form, _asked(visit), visit.words)}
    if not visit.form.faults:
        said = await visit.do(_MAKE, body=body)
        if said is not None:
            return visit.html("first_password.html", told=said.body)
    return _new(visit, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@ONE.shows
async def show_one(visit: Visit) -> Response:
    """Show one person with what may be done."""
    told = await visit.read(_READ, {"account_id": visit.value("account_id")})
    return visit.html("person.html", told=told, tones=TONES, acts=ACTS.offered(told))


@RELEASE.acts
async def release(visit: Visit) -> Response:
    """Release an identity of the other issuer."""
    account_id = visit.value("account_id")
    said = await visit.ask(_RELEASE, {"account_id": account_id, "identity_id": visit.value("identity_id")})
    if not said.is_good:
        raise PageRefusedError(said.status, said.body)
    return visit.go(f"/people/{account_id}", said=visit.words.gettext("The identity is released."))


def _new(visit: Visit, *, status: int = 200) -> Response:
    given = {"role": _roles(visit.words), "unit_id": visit.units()}
    return visit.html("person_new.html", status=status, inputs=_asked(visit), given=given)


def _asked(visit: Visit) -> list[Input]:
    """Return what has to be typed: who administers a body names neither the body nor further administrators."""
    own = _own(visit)
    return [one for one in INPUTS if not own or one.name not in {*own, "is_administrator"}]


def _own(visit: Visit) -> dict[str, str | None]:
    """Return the body of people whom the reader makes; nothing where the reader chooses it."""
    who = visit.who
    if who.role is Role.OPERATOR:
        return {}
    return {"role": who.role.value, "party": who.party, "unit_id": who.unit_id}


def _roles(words: Words) -> list[tuple[str, str]]:
    return [one for one in words.values("Role") if one[0] != Role.SYSTEM]
