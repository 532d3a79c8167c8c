"""The language of the pages, kept in the browser."""

from http import HTTPStatus

from starlette.responses import RedirectResponse, Response

from gateway.console.page import Page
from gateway.console.site_names import LANGUAGE, own_target
from gateway.console.visit import Visit
from gateway.console.words import mark

_YEAR_S = 31_536_000
PAGE = Page(name="language", path="/language", title=mark("Language"), roles=None)


@PAGE.acts
async def choose(visit: Visit) -> Response:
    """Remember the language and show the same page in it."""
    answer = RedirectResponse(own_target(visit.form.text("to")), HTTPStatus.SEE_OTHER)
    chosen = "en" if visit.form.text("language") == "en" else "zh"
    answer.set_cookie(LANGUAGE, chosen, max_age=_YEAR_S, path="/console", secure=True, httponly=True, samesite="lax")
    return answer
