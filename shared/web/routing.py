"""Addresses that look alike are kept apart: a record is no verb and no fixed page, and Allow names every method."""

import re
from collections.abc import Iterable, Sequence

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match, Route

_ANY_WORD = "[^/]+"
_WORD_WITHOUT_VERB = "[^/:]+"


def keep_apart(routes: Iterable[BaseRoute]) -> None:
    """Let `/loans/{loan_id}` take neither `/loans/1:cancel` nor a fixed page such as `/loans/reasons`.

    Otherwise the wrong method on these would be answered as a faulty id instead of 405.
    """
    ours = [route for route in routes if isinstance(route, APIRoute)]
    fixed = {route.path for route in ours if "{" not in route.path}
    for route in ours:
        if "{" in route.path:
            pattern = route.path_regex.pattern.replace(_ANY_WORD, _WORD_WITHOUT_VERB)
            hidden = sorted(path for path in fixed if re.match(pattern, path))
            ahead = "".join(f"(?!{re.escape(path)}$)" for path in hidden)
            route.path_regex = re.compile(ahead + pattern)


def allowed_methods(request: Request) -> Sequence[str]:
    """Return every method that the address of `request` takes, sorted: HEAD wherever GET, OPTIONS wherever any."""
    found: set[str] = set()
    for route in request.app.router.routes:
        if isinstance(route, Route | APIRoute) and route.matches(request.scope)[0] is not Match.NONE:
            found |= set(route.methods or ())
    if "GET" in found:
        found.add("HEAD")
    return sorted(found | {"OPTIONS"}) if found else []
