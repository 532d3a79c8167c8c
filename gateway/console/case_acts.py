"""The acts of one kind of case, and the page that asks for any of them and does it: the same for every case."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from gateway.console.case_action import Anew, CaseAction, Offered, action_of, ask_for, offered, take, version_of
from gateway.console.difference import Watched
from gateway.console.difference import kept as kept_of_case
from gateway.console.own_api import address
from gateway.console.page import Page
from gateway.console.visit import Visit
from shared.kernel.actor import Role

Case = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseActs:
    """The acts of one kind of case.

    Attributes:
        path: address of one case behind `/console`, such as `/loans/{loan_id}`.
        key: name of the value in it.
        read: operation that reads the case; its address has the same value.
        actions: the acts.
        called: what a case is called, of what was read.
        begins: what inputs begin with, by name, as they are typed.
        kept: what of the case an act sends again as it is.
        watched: what of the case somebody else may change while a form is open.
        choices: operations that acts read their choices from.
        closes: whether an act that its service does not offer now has no form.
    """

    path: str
    key: str
    read: str
    actions: Sequence[CaseAction]
    called: Callable[[Visit, Case], str]
    begins: Callable[[Case], Mapping[str, Any]] = lambda _case: {}
    kept: Callable[[CaseAction, Case], Mapping[str, Any] | None] = lambda _action, _case: None
    watched: Sequence[Watched] = ()
    choices: Sequence[str] = ()
    closes: bool = True

    def offered(self, told: Case) -> list[Offered]:
        """Return what the reader may do with a case now, as its service says."""
        return offered(told, self.actions)

    def page(self, name: str, *, title: str, roles: frozenset[Role], scope: str = "") -> Page:
        """Return the page of the acts, its address the case's with the act's name behind."""
        operations = dict.fromkeys((self.read, *self.choices, *(used for one in self.actions for used in one.uses)))
        path, uses = f"{self.path}/{{action}}", tuple(operations)
        page = Page(name=name, path=path, title=title, roles=roles, scope=scope, uses=uses)
        page.shows(self._ask)
        page.acts(self._act)
        return page

    async def _ask(self, visit: Visit) -> Response:
        """Show the form of an act; where the service does not offer it now, say so instead."""
        action = action_of(self.actions, visit.value("action"))
        told = await visit.read(self.read, self._at(visit))
        back, about = f"/console{self._back(visit)}", self.called(visit, told)
        if self.closes and action.name not in {one.action.name for one in self.offered(told)}:
            return visit.html(
                "case_action_closed.html", status=HTTPStatus.CONFLICT, action=action, back=back, about=about
            )
        case = {**self.begins(told), "version": version_of(told)}
        return await ask_for(visit, action, back=back, about=about, case=case, held=kept_of_case(told, self.watched))

    async def _act(self, visit: Visit) -> Response:
        """Do the act; the service says whether it may be done."""
        action = action_of(self.actions, visit.value("action"))
        at = self._at(visit)
        told = await visit.read(self.read, at)
        return await take(
            visit,
            action,
            at,
            back=self._back(visit),
            about=self.called(visit, told),
            kept=self.kept(action, told),
            anew=Anew(lambda: visit.read(self.read, at), self.watched),
        )

    def _at(self, visit: Visit) -> dict[str, object]:
        return {self.key: visit.value(self.key)}

    def _back(self, visit: Visit) -> str:
        return address(self.path, self._at(visit))


def entry_page(
    action: CaseAction,
    *,
    name: str,
    path: str,
    roles: frozenset[Role],
    listed: Page,
    begins: Callable[[Visit], Case] = lambda _visit: {},
    kept: Callable[[Visit], Case | None] = lambda _visit: None,
    onward: Callable[[Case], str] | None = None,
) -> Page:
    """Return the page on which something new is entered: its form, and what comes of it.

    Args:
        action: what is done, and what it asks for.
        name: of the page.
        path: its address behind `/console`.
        roles: who may open it.
        listed: the list that the form leads back to.
        begins: what inputs begin with, by name, as they are typed.
        kept: what is sent beside what was typed.
        onward: address behind `/console` of what came of it, where that is not the list.
    """
    page = Page(name=name, path=path, title=action.title, roles=roles, uses=action.uses)

    @page.shows
    async def ask(visit: Visit) -> Response:
        """Show the form."""
        about = visit.words.gettext(listed.title)
        return await ask_for(visit, action, back=visit.renderer.link(listed.name), about=about, case=begins(visit))

    @page.acts
    async def enter(visit: Visit) -> Response:
        """Enter it, once however often the form is sent."""
        about = visit.words.gettext(listed.title)
        return await take(visit, action, {}, back=listed.path, about=about, kept=kept(visit), onward=onward)

    return page
