"""Import: template, upload, rehearsal, progress that can be left and found again, report, corrected file, cancel."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from gateway.console.download import download
from gateway.console.listing import listed
from gateway.console.page import Page
from gateway.console.upload import chosen_file, file_form
from gateway.console.views.exports import readers_of
from gateway.console.visit import Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

TONES = {"QUEUED": "wait", "RUNNING": "wait", "DONE": "good", "FAILED": "bad", "CANCELLED": "done"}
_OPEN = frozenset({"QUEUED", "RUNNING"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedList:
    """A list that people upload.

    Attributes:
        name: of the list in the addresses.
        title: what it is called, in English.
        about: what is done with its lines, in English.
        scope: of its operations.
        roles: that the service admits.
    """

    name: str
    title: str
    about: str
    scope: str
    roles: frozenset[Role]

    @property
    def readers(self) -> frozenset[Role]:
        """The roles that may import it and whose people may hold the scope."""
        return self.roles & readers_of(self.scope)


_OFFICES = frozenset({Role.CITY, Role.DISTRICT})
_POSTERS = frozenset({Role.CITY, Role.AGENCY, Role.ENTERPRISE})
LISTS = (
    ImportedList(
        name="enterprises",
        title=mark("Enterprises"),
        about=mark("Enterprises are added or changed by their unified social credit code."),
        scope="registry.import:write",
        roles=_OFFICES,
    ),
    ImportedList(
        name="filings",
        title=mark("Annual filings"),
        about=mark("One line for each enterprise and year; enterprises must be registered before."),
        scope="registry.import:write",
        roles=_OFFICES,
    ),
    ImportedList(
        name="holiday-notices",
        title=mark("Holiday notices"),
        about=mark("One line for each year's notice of holidays and days worked instead."),
        scope="registry.calendar:write",
        roles=frozenset({Role.CITY}),
    ),
    ImportedList(
        name="ip-rights",
        title=mark("Rights"),
        about=mark("Rights are added or changed by their number; what an enterprise uploads counts as declared."),
        scope="ipr.import:write",
        roles=frozenset({Role.IP_CENTRE, Role.CITY, Role.ENTERPRISE}),
    ),
    ImportedList(
        name="achievements",
        title=mark("Achievements"),
        about=mark("Each line becomes a draft, which is submitted afterwards."),
        scope="transfer.listing:write",
        roles=_POSTERS,
    ),
    ImportedList(
        name="needs",
        title=mark("Needs"),
        about=mark("Each line becomes a draft, which is submitted afterwards."),
        scope="transfer.listing:write",
        roles=_POSTERS,
    ),
)
INDEX = Page(
    name="imports",
    path="/imports",
    title=mark("Import"),
    roles=frozenset().union(*(one.readers for one in LISTS)),
    menu=800,
)


@INDEX.shows
async def show_index(visit: Visit) -> Response:
    """Show the lists that the reader may import."""
    own = [one for one in LISTS if visit.who.role in one.readers and one.scope in visit.who.scopes]
    return visit.html("imports.html", lists=own)


def _pages(held: ImportedList) -> tuple[Page, ...]:
    """Return the pages of one list; its template stands before its imports, whose ids are any word."""
    home = f"/imports/{held.name}"
    return (
        _list_page(held, home),
        _file_page(held, f"{home}/template.{{format}}", "template", f"GET /v1{home}/template"),
        _file_page(
            held, f"{home}/{{operation_id}}/report.{{format}}", "report", f"GET /v1{home}/{{operation_id}}/report"
        ),
        _file_page(
            held, f"{home}/{{operation_id}}/refused.{{format}}", "refused", f"GET /v1{home}/{{operation_id}}/refused"
        ),
        _one_page(held, home),
    )


def _list_page(held: ImportedList, home: str) -> Page:
    own, upload = f"GET /v1{home}", f"POST /v1{home}"
    page = Page(name=f"import-{held.name}", path=home, title=held.title, roles=held.readers, uses=(own, upload))

    async def screen(visit: Visit) -> Response:
        status = HTTPStatus.UNPROCESSABLE_ENTITY if visit.form.faults else HTTPStatus.OK
        return visit.html("import_list.html", status=status, held=held, list=await listed(visit, own, ()), tones=TONES)

    @page.shows
    async def show(visit: Visit) -> Response:
        """Show how a file is uploaded, and the reader's imports."""
        return await screen(visit)

    @page.acts
    async def act(visit: Visit) -> Response:
        """Upload a file: once, however often the form is sent."""
        file = await chosen_file(visit, "file")
        if file is None:
            visit.form.fault_at("file", visit.words.gettext("Choose a file."))
            return await screen(visit)
        dry_run = "true" if visit.form.text("how") != "keep" else "false"
        said = await visit.do(upload, query={"dry_run": dry_run}, content=file_form("file", file))
        if said is None:
            return await screen(visit)
        return visit.go(f"{home}/{said.body['id']}")

    return page


def _file_page(held: ImportedList, path: str, what: str, operation: str) -> Page:
    page = Page(name=f"import-{held.name}-{what}", path=path, title=held.title, roles=held.readers, uses=(operation,))

    @page.shows
    async def show(visit: Visit) -> Response:
        """Give the file."""
        at = {name: visit.value(name) for name in visit.values if name != "format"}
        return await download(visit, operation, at, asked={"format": visit.value("format")})

    return page


def _one_page(held: ImportedList, home: str) -> Page:
    address = f"{home}/{{operation_id}}"
    read, report, cancel = f"GET /v1{address}", f"GET /v1{address}/report", f"POST /v1{address}:cancel"
    page = Page(
        name=f"import-{held.name}-one",
        path=address,
        title=held.title,
        roles=held.readers,
        uses=(read, report, cancel),
    )

    async def screen(visit: Visit) -> Response:
        at = {"operation_id": visit.value("operation_id")}
        told: Mapping[str, Any] = await visit.read(read, at)
        return visit.html(
            "import_one.html",
            status=HTTPStatus.CONFLICT if visit.form.faults else HTTPStatus.OK,
            held=held,
            told=told,
            tones=TONES,
            is_open=told["status"] in _OPEN,
            list=await listed(visit, report, (), at),
        )

    @page.shows
    async def show(visit: Visit) -> Response:
        """Show how far an import is and what it found, line by line."""
        return await screen(visit)

    @page.acts
    async def act(visit: Visit) -> Response:
        """End an import that waits or runs."""
        if await visit.do(cancel, {"operation_id": visit.value("operation_id")}) is None:
            return await screen(visit)
        return visit.go(f"{home}/{visit.values['operation_id']}", said=visit.words.gettext("The import has ended."))

    return page


PAGES = (INDEX, *(page for one in LISTS for page in _pages(one)))
