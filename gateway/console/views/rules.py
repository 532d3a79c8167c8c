"""Every rule set with its tables, days, sources and confidence; public, so no sign-in is asked for."""

from typing import Any

from starlette.responses import Response

from gateway.console.page import Page
from gateway.console.visit import Visit
from gateway.console.words import mark

CATALOGUE = Page(name="rules", path="/rules", title=mark("Rules"), roles=None, uses=("GET /v1/rule-sets",), menu=900)
VERSION = Page(
    name="rule-set",
    path="/rules/{policy}/{version}",
    title=mark("Rule set"),
    roles=None,
    uses=("GET /v1/rule-sets/{policy}/{version}", "GET /v1/rule-sets/{policy}"),
)


@CATALOGUE.shows
async def show_catalogue(visit: Visit) -> Response:
    """Show every policy with the version that decides today."""
    told = await visit.read("GET /v1/rule-sets")
    wanted = visit.asked_for("q").casefold()
    items = [one for one in told["items"] if _holds(one, wanted)]
    return visit.html("rules.html", items=items, missing=told["missing"], wanted=visit.asked_for("q"))


@VERSION.shows
async def show_version(visit: Visit) -> Response:
    """Show one version: numbers with their sources, tables in words, and the versions beside it."""
    policy, version = visit.value("policy"), visit.value("version")
    told = await visit.read("GET /v1/rule-sets/{policy}/{version}", {"policy": policy, "version": version})
    history = await visit.part("GET /v1/rule-sets/{policy}", {"policy": policy})
    return visit.html("rule_set.html", told=told, history=history.body, tables=[_table(one) for one in told["tables"]])


def _holds(policy: dict[str, Any], wanted: str) -> bool:
    return not wanted or any(wanted in str(policy[name]).casefold() for name in ("policy", "title_zh", "title_en"))


def _table(table: dict[str, Any]) -> dict[str, Any]:
    """Return a table with the headings of its columns."""
    first = table["rows"][0] if table["rows"] else {"conditions": [], "gives": []}
    return {
        "name": table["name"],
        "conditions": [one["column"] for one in first["conditions"]],
        "gives": [one["column"] for one in first["gives"] if one["number"] is not None],
        "rows": table["rows"],
    }
