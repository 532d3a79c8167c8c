"""A list of cases as a page: its filters, its columns, its next part, its exports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from gateway.console.visit import Visit

LINES = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One filter of a list.

    Attributes:
        name: parameter of the operation; also its label, by the dictionary.
        kind: how it is typed: text, day, select, or unit for one of the reporting units.
        label: instead of the dictionary's, in English.
        enumeration: whose values are the choices.
    """

    name: str
    kind: str = "text"
    label: str = ""
    enumeration: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """One part of a list.

    Attributes:
        items: lines.
        problem: why there are none, as the API said.
        next_href: address of the next part, empty at the end.
        first_href: address of the first part, empty on it.
        asked: filters as they were typed.
        exports: label and address of each export.
    """

    items: Sequence[Mapping[str, Any]]
    problem: Mapping[str, Any] | None = None
    next_href: str = ""
    first_href: str = ""
    asked: Mapping[str, str] = field(default_factory=dict)
    exports: Sequence[tuple[str, str]] = ()


async def listed(
    visit: Visit,
    operation: str,
    filters: Sequence[Filter],
    at: Mapping[str, object] | None = None,
    *,
    fixed: Mapping[str, Any] | None = None,
    kept: Mapping[str, str] | None = None,
    export: str = "",
) -> Listed:
    """Return the part of a list that the address asks for.

    Args:
        visit: of the page.
        operation: of the API.
        filters: that the page offers; nothing else of the address reaches the API.
        at: values of the operation's address.
        fixed: parameters that the page sets itself.
        kept: parameters of the page itself, which its links carry on and the API is not asked by.
        export: noun of the export, such as `loans`; empty without one.
    """
    asked = {one.name: visit.asked_for(one.name) for one in filters if visit.asked_for(one.name)}
    cursor = visit.asked_for("cursor")
    part = await visit.part(operation, at, query={**asked, **(fixed or {}), "limit": LINES, "cursor": cursor})
    exports = [
        (label, f"{href}?{narrowed}" if (narrowed := urlencode({**asked, **(fixed or {})}, doseq=True)) else href)
        for label, href in export_links(visit, export)
    ]
    here, typed = visit.request.url.path, {**asked, **(kept or {})}
    if part.problem is not None:
        return Listed([], part.problem, asked=typed, first_href=here if cursor else "")
    following = part.body.get("next_cursor")
    return Listed(
        part.body["items"],
        next_href=f"{here}?{urlencode({**typed, 'cursor': following})}" if following else "",
        first_href=f"{here}?{urlencode(typed)}" if cursor else "",
        asked=typed,
        exports=exports,
    )


def export_links(visit: Visit, noun: str) -> list[tuple[str, str]]:
    """Return label and address of each form in which a list is taken away; none without a noun."""
    if not noun:
        return []
    forms = (("Excel", "xlsx"), ("CSV", "csv"))
    return [
        (label, visit.renderer.link(f"export-{noun.replace('/', '-')}", file_format=suffix)) for label, suffix in forms
    ]
