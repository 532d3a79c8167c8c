"""Puts the console in front of the application: what begins with `/console` is a page, everything else passes."""

from http import HTTPStatus

from starlette.datastructures import State
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.console.site_names import ROOT


class ConsoleFront:
    """Answers pages by the site that the application's state holds."""

    def __init__(self, app: ASGIApp, *, state: State) -> None:
        """Wrap `app`."""
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a page, or pass the request on."""
        path = scope.get("path", "") if scope["type"] == "http" else ""
        if path == ROOT or path.startswith(f"{ROOT}/"):
            await self._state.console(scope, receive, send)
        elif path == "/":
            await RedirectResponse(ROOT, HTTPStatus.SEE_OTHER)(scope, receive, send)
        else:
            await self._app(scope, receive, send)
