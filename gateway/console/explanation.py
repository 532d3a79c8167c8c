"""What a record of an evaluation says of itself, for the components: points with their source, the way to more."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.console.words import Words

_MILLI = 1000
Line = Mapping[str, Any]


def points_lines(lines: Sequence[Line], words: Words) -> list[dict[str, Any]]:
    """Return each indicator as the component of points shows it: with its value, source and confidence."""
    return [_points(one, words) for one in lines]


def together(lines: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return the sums of shown lines."""
    return {name: sum(one[name] for one in lines) for name in ("points", "most")}


def next_steps(lines: Sequence[Line], words: Words) -> list[dict[str, Any]]:
    """Return what the next tier of each indicator needs, the largest gain first; points are what would be gained."""
    found = [
        {
            "name": one[f"label_{words.language}"],
            "needs": one["next_tier"][f"text_{words.language}"],
            "gain": (one["next_tier"]["points_milli"] - one["points_milli"]) / _MILLI,
        }
        for one in lines
        if one.get("next_tier")
    ]
    return sorted(found, key=lambda one: -one["gain"])


def _points(one: Line, words: Words) -> dict[str, Any]:
    said = one[f"value_text_{words.language}"]
    source = f"{one['source']} {one['article']} ({words.value('Confidence', one['confidence'])})"
    return {
        "name": one[f"label_{words.language}"],
        "points": one["points_milli"] / _MILLI,
        "most": one["max_points_milli"] / _MILLI,
        "why": f"{said}; {source}" if words.language == "en" else f"{said}；{source}",
    }
