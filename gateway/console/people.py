"""Who signed in: pages that need nobody are open before anybody can."""

import secrets

from starlette.requests import Request

from gateway.console.visitor import Visitor


class Nobody:
    """No person can sign in yet; the forms of public pages are proven all the same."""

    def __init__(self) -> None:
        """Draw what the forms of this process are proven by."""
        self._secret = secrets.token_bytes(32)

    async def visitor(self, request: Request) -> Visitor | None:  # noqa: ARG002  # nobody is anybody's
        """Return nobody."""
        return None

    def secret(self, request: Request) -> bytes:  # noqa: ARG002  # 〃
        """Return the secret of the process."""
        return self._secret
