"""An act on a case as a form: which operation it calls, what it asks for, what is said when it is done."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

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


async def ask_for(
    visit: Visit,
    action: CaseAction,
    *,
    back: str,
    about: str,
    case: Mapping[str, Any] | None = None,
    status: int = 200,
) -> Response:
    """Show the form of an act.

    Args:
        visit: of the page.
        action: the act.
        back: address of the case.
        about: what the case is called.
        case: what the inputs begin with, by name.
        status: 422 where the form comes back with faults.
    """
    given = await action.choices(visit) if action.choices is not None else {}
    return visit.html(
        "case_action.html",
        status=status,
        action=action,
        given=given,
        back=back,
        about=about,
        case=case or {},
        helps=await action.helps(visit) if action.helps is not None else {},
    )


async def take(
    visit: Visit,
    action: CaseAction,
    at: Mapping[str, object],
    *,
    back: str,
    about: str,
    names: Mapping[str, str] | None = None,
    kept: Mapping[str, Any] | None = None,
    onward: Callable[[Mapping[str, Any]], str] | None = None,
) -> Response:
    """Do an act: once, however often the form is sent; a refusal shows the form again with what was typed.

    Args:
        visit: of the page.
        action: the act.
        at: values of the operation's address.
        back: address of the case behind `/console`.
        about: what the case is called.
        names: pointer of the API → input of the form.
        kept: what of the case is sent again as it is.
        onward: address behind `/console` of what came of it, where that is not `back`.
    """
    if action.documents:
        await keep_documents(visit, action.inputs, action.documents)
    typed = body_of(visit.form, action.inputs, visit.words)
    body = {**(kept or {}), **(action.shape(typed) if action.shape else typed), **(action.fixed or {})}
    if action.clears:
        body |= {one.name: None for one in action.inputs if not one.inside and one.name not in body}
    told = {**pointers(action.inputs), **(names or {})}
    if not visit.form.faults:
        said = await visit.do(action.operation, at, body=body if action.has_body else None, names=told)
        if said is not None:
            return visit.go(onward(said.body) if onward is not None else back, said=visit.words.gettext(action.done))
    refused = HTTPStatus.UNPROCESSABLE_ENTITY
    return await ask_for(visit, action, back=f"/console{back}", about=about, status=refused)
