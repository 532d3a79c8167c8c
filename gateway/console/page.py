"""What a page is: an address, who may open it, and which operations of the API it uses; one view per page."""

import re
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from starlette.responses import Response

from shared.kernel.actor import Role

View = Callable[..., Awaitable[Response]]
"""Takes the visit and returns the answer."""
_View = TypeVar("_View", bound=View)
EVERYBODY: frozenset[Role] = frozenset(set(Role) - {Role.SYSTEM})
"""Every role; a person who has not signed in is asked to."""


@dataclass(slots=True, kw_only=True)
class Page:
    """One page of the console.

    Attributes:
        name: unique; links and the navigation name it.
        path: address behind `/console`, with `{names}` of its values.
        title: what it is called, in English; the translators say the Chinese.
        roles: who may open it; for anybody else it does not exist. None: also without sign-in.
        scope: that a person must hold besides, for a page that not every person of a role may open; empty without one.
        uses: operations of the API that its view calls, as `GET /v1/loans/{loan_id}`; no other can be called.
        menu: place in the navigation, None where it has none.
        keeps_typed: whether what is typed may wait for its writer to sign in again; never what is secret.
        show: answers GET.
        act: answers POST.
    """

    name: str
    path: str
    title: str
    roles: frozenset[Role] | None
    scope: str = ""
    uses: Sequence[str] = ()
    menu: int | None = None
    keeps_typed: bool = True
    show: View | None = None
    act: View | None = None
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        """Make the pattern of the address."""
        parts = re.split(r"\{(\w+)\}", self.path)
        escaped = [f"(?P<{part}>[^/]+)" if at % 2 else re.escape(part) for at, part in enumerate(parts)]
        self.pattern = re.compile("".join(escaped))

    def shows(self, view: _View) -> _View:
        """Take the view that answers GET."""
        self.show = view
        return view

    def acts(self, view: _View) -> _View:
        """Take the view that answers POST."""
        self.act = view
        return view

    @property
    def path_format(self) -> str:
        """What metrics and spans call it."""
        return f"/console{self.path}"

    def is_open_to(self, role: Role | None, scopes: Collection[str] | None = None) -> bool:
        """Tell whether a person may open it.

        Args:
            role: of the person; None has not signed in.
            scopes: of the person; None asks whether any person of the role may.
        """
        holds = not self.scope or scopes is None or self.scope in scopes
        return self.roles is None or (role in self.roles and holds)


class Pages:
    """Every page of the console by its name."""

    def __init__(self, pages: Sequence[Page]) -> None:
        """Take the pages.

        Raises:
            ValueError: two of one name.
        """
        self._by_name = {page.name: page for page in pages}
        if len(self._by_name) != len(pages):
            raise ValueError("two pages of one name")

    def __iter__(self) -> Iterator[Page]:
        """Return every page."""
        return iter(self._by_name.values())

    def __getitem__(self, name: str) -> Page:
        """Return the page of a name."""
        return self._by_name[name]

    def find(self, path: str) -> tuple[Page, dict[str, str]] | None:
        """Return the page at `path` (behind `/console`) and the values in it, still escaped."""
        for page in self:
            found = page.pattern.fullmatch(path)
            if found is not None and page.roles != frozenset():
                return page, found.groupdict()
        return None

    def menu(self, role: Role, scopes: Collection[str]) -> list[Page]:
        """Return the navigation of a person, in its order."""
        listed = [page for page in self if page.menu is not None and page.is_open_to(role, scopes)]
        return sorted(listed, key=lambda page: page.menu or 0)
