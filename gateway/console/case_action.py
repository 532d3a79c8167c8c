"""An act on a case as a form: which operation it calls, what it asks for, what is said when it is done."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from gateway.console.difference import Changed, Watched, differences
from gateway.console.difference import kept as kept_of_case
from gateway.console.evidence import keep_documents
from gateway.console.inputs import Choices, Input, body_of, pointers
from gateway.console.visit import PageRefusedError, Visit

Given = Callable[[Visit], Awaitable[Mapping[str, Choices]]]
Helps = Callable[[Visit], Awaitable[Mapping[str, str]]]
Shape = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAction:
    """One act.

    Attributes:
        name: last word of its address.
        title: of the page and its button, in English.
        operation: of the API.
        inputs: what it asks for.
        text: what it means, before it is done, in English.
        done: said afterwards, in English.
        is_final: whether it cannot be taken back; the button says so by its colour.
        choices: gives the choices of inputs that the API knows, such as reasons.
        fixed: what is sent beside what was typed.
        clears: whether an input that is left empty takes away what the record holds.
        documents: operation that takes the documents that come with it, empty where none do.
        helps: gives what stands beneath the labels of inputs, by name, in the reader's language.
        shows: template that shows the answer, this once, instead of the case; empty without one.
        shape: makes the body of what was typed, where the API wants it in another shape.
        scope: that the reader's token needs, where the service does not say itself what it offers.
    """

    name: str
    title: str
    operation: str
    inputs: Sequence[Input] = ()
    text: str = ""
    done: str
    is_final: bool = False
    choices: Given | None = None
    fixed: Mapping[str, Any] | None = None
    helps: Helps | None = None
    shape: Shape | None = None
    scope: str = ""
    shows: str = ""
    clears: bool = False
    documents: str = ""

    @property
    def uses(self) -> tuple[str, ...]:
        """The operations of the API that it calls."""
        return (self.operation, self.documents) if self.documents else (self.operation,)

    @property
    def has_files(self) -> bool:
        """Whether its form carries files."""
        return any(one.kind == "document" for one in self.inputs)

    @property
    def has_body(self) -> bool:
        """Whether the operation is sent a body."""
        return bool(self.inputs or self.fixed)


@dataclass(frozen=True, slots=True)
class Offered:
    """An act that its service offers to the reader now.

    Attributes:
        action: its form.
        label_zh: of its button, as the service says.
        label_en: 〃
        due_on: day by which it should be done.
    """

    action: CaseAction
    label_zh: str
    label_en: str
    due_on: str | None


@dataclass(frozen=True, slots=True)
class Anew:
    """How a case is read again after a refusal.

    Attributes:
        read: reads it.
        watched: what of it somebody else may change while a form is open.
    """

    read: Callable[[], Awaitable[Mapping[str, Any]]]
    watched: Sequence[Watched]


def offered(told: Mapping[str, Any], actions: Sequence[CaseAction]) -> list[Offered]:
    """Return what the reader may do now: as the service says, in its order, where there is a form for it."""
    forms = {one.name: one for one in actions}
    return [
        Offered(forms[one["name"]], one["label_zh"], one["label_en"], one["due_on"])
        for one in told["actions"]
        if one["name"] in forms
    ]


def open_to(visit: Visit, actions: Sequence[CaseAction]) -> list[Offered]:
    """Return the forms of a case whose service does not yet say what it offers: those that the person's token allows.

    Whether the case allows them, its service says when they are sent.
    """
    held = visit.who.scopes
    words = visit.words
    return [
        Offered(one, words.gettext(one.title), words.gettext(one.title), None) for one in actions if one.scope in held
    ]


def action_of(actions: Sequence[CaseAction], name: str) -> CaseAction:
    """Return an act by its name.

    Raises:
        PageRefusedError: 404: a case has no such act.
    """
    for one in actions:
        if one.name == name:
            return one
    raise PageRefusedError(HTTPStatus.NOT_FOUND)


def coded_reasons(operation: str) -> Given:
    """Return what gives the coded reasons of a list as choices, named in the reader's language."""

    async def given(visit: Visit) -> Mapping[str, Choices]:
        told = await visit.read(operation)
        return {"reason_code": [(one["code"], one[f"label_{visit.words.language}"]) for one in told["items"]]}

    return given


async def reason_text(visit: Visit, operation: str, code: str | None) -> str | None:
    """Return what a coded reason says, by the list that `operation` reads; the code where the list lacks it now."""
    if code is None:
        return None
    part = await visit.part(operation)
    listed = (part.body or {"items": []})["items"]
    return next((str(one[f"label_{visit.words.language}"]) for one in listed if one["code"] == code), code)


async def ask_for(
    visit: Visit,
    action: CaseAction,
    *,
    back: str,
    about: str,
    case: Mapping[str, Any] | None = None,
    held: str = "",
    changed: Sequence[Changed] | None = None,
    status: int = 200,
) -> Response:
    """Show the form of an act.

    Args:
        visit: of the page.
        action: the act.
        back: address of the case.
        about: what the case is called.
        case: what the inputs begin with, by name; `version` is that of the case.
        held: what the form keeps of the case, to tell afterwards what a colleague changed.
        changed: what a colleague changed since the form was opened; None where nothing is known of it.
        status: 422 where the form comes back with faults.
    """
    begins = case or {}
    given = await action.choices(visit) if action.choices is not None else {}
    is_new = changed is not None
    return visit.html(
        "case_action.html",
        status=status,
        action=action,
        given=given,
        back=back,
        about=about,
        helps=await action.helps(visit) if action.helps is not None else {},
        case=begins,
        changed=changed,
        seen=begins.get("version", "") if is_new else visit.form.seen or begins.get("version", ""),
        held=held if is_new else visit.form.held or held,
    )


async def take(
    visit: Visit,
    action: CaseAction,
    at: Mapping[str, object],
    *,
    back: str,
    about: str,
    kept: Mapping[str, Any] | None = None,
    onward: Callable[[Mapping[str, Any]], str] | None = None,
    anew: Anew | None = None,
) -> Response:
    """Do an act: once, however often the form is sent; a refusal shows the form again with what was typed.

    Where somebody else changed the case meanwhile, the form says what, and goes on with the case as it stands.

    Args:
        visit: of the page.
        action: the act.
        at: values of the operation's address.
        back: address of the case behind `/console`.
        about: what the case is called.
        kept: what of the case is sent again as it is.
        onward: address behind `/console` of what came of it, where that is not `back`.
        anew: reads the case again, where what somebody else changed of it can be told.
    """
    if action.documents:
        await keep_documents(visit, action.inputs, action.documents)
    typed = body_of(visit.form, action.inputs, visit.words)
    body = {**(kept or {}), **(action.shape(typed) if action.shape else typed), **(action.fixed or {})}
    if action.clears:
        body |= {one.name: None for one in action.inputs if not one.inside and one.name not in body}
    told = pointers(action.inputs)
    if not visit.form.faults:
        said = await visit.do(action.operation, at, body=body if action.has_body or kept else None, names=told)
        if said is not None and action.shows:
            return visit.html(action.shows, told=said.body)
        if said is not None:
            return visit.go(onward(said.body) if onward is not None else back, said=visit.words.gettext(action.done))
    changed, case, held = None, {}, ""
    if anew is not None and visit.form.refused in _CHANGED:
        now = await anew.read()
        rows = differences(visit.form.held, now, anew.watched, visit.form, visit.words)
        if rows or visit.form.refused == HTTPStatus.PRECONDITION_FAILED:
            changed, case, held = rows, {"version": version_of(now)}, kept_of_case(now, anew.watched)
    return await ask_for(
        visit,
        action,
        back=f"/console{back}",
        about=about,
        case=case,
        held=held,
        changed=changed,
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
    )


def version_of(case: Mapping[str, Any]) -> str:
    """Return the version of a case as `If-Match` takes it; empty where the case has none."""
    version = case.get("version")
    return f'"v{version}"' if isinstance(version, int) else ""


_CHANGED = frozenset({HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED})
"""Refusals behind which a colleague's change may stand."""
