"""A knowledge-value evaluation: points against their maximum, the way to the next grade, where each comes from."""

from typing import Any

from starlette.responses import Response

from gateway.console.listing import listed
from gateway.console.page import Page
from gateway.console.visit import Visit
from gateway.console.words import Words, mark
from shared.kernel.actor import Role

_READ = "GET /v1/kvc-evaluations/{evaluation_id}"
_LIST = "GET /v1/kvc-evaluations"
READERS = frozenset({Role.ENTERPRISE, Role.CITY, Role.AUDITOR})
LIST = Page(name="evaluations", path="/evaluations", title=mark("Evaluations"), roles=READERS, uses=(_LIST,), menu=60)
ONE = Page(
    name="evaluation", path="/evaluations/{evaluation_id}", title=mark("Evaluation"), roles=READERS, uses=(_READ,)
)


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the evaluations that the reader may see, newest first."""
    return visit.html("evaluations.html", list=await listed(visit, _LIST, ()))


@ONE.shows
async def show_one(visit: Visit) -> Response:
    """Show one evaluation with every indicator."""
    told = await visit.read(_READ, {"evaluation_id": visit.value("evaluation_id")})
    lines = [_line(one, visit.words) for one in told["lines"]]
    together = {name: sum(one[name] for one in lines) for name in ("points", "most")}
    return visit.html("evaluation.html", told=told, lines=lines, together=together, steps=_steps(told, visit.words))


def _line(one: dict[str, Any], words: Words) -> dict[str, Any]:
    """Return an indicator as the component of points shows it."""
    said = one[f"value_text_{words.language}"]
    source = f"{one['source']} {one['article']} ({words.value('Confidence', one['confidence'])})"
    return {
        "name": one[f"label_{words.language}"],
        "points": one["points_milli"] / 1000,
        "most": one["max_points_milli"] / 1000,
        "why": f"{said}; {source}" if words.language == "en" else f"{said}；{source}",
    }


def _steps(told: dict[str, Any], words: Words) -> list[dict[str, Any]]:
    """Return what the next tier of each indicator needs, the nearest first; points are what would be gained."""
    found = [
        {
            "name": one[f"label_{words.language}"],
            "needs": one["next_tier"][f"text_{words.language}"],
            "gain": (one["next_tier"]["points_milli"] - one["points_milli"]) / 1000,
        }
        for one in told["lines"]
        if one.get("next_tier")
    ]
    return sorted(found, key=lambda one: -one["gain"])
