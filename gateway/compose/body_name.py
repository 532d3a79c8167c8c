"""What the body that a caller acts for is called, asked of the service that keeps it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from gateway.upstream.part import Fetched, fetch
from gateway.upstream.pool import Upstream
from shared.kernel.actor import Actor, Role

_FOUND = 200
_KEEPERS: dict[Role, tuple[str, str, str]] = {
    Role.ENTERPRISE: ("registry", "/v1/enterprises/{party}", "registry.enterprise:read"),
    Role.BANK: ("finance", "/v1/banks?bank_uscc={party}", "credit.bank:read"),
}
"""Role → the service that keeps its bodies, the address of one, and the scope that reads it."""


async def body_name(
    caller: Actor, upstreams: Mapping[str, Upstream], *, headers: Mapping[bytes, bytes], deadline_s: float
) -> tuple[str | None, str | None]:
    """Return the name of the caller's body, None where nobody keeps one, and the service that did not answer.

    Args:
        caller: who asks; the name is read with their own token, so it is asked for only where their scopes read it.
        upstreams: the services by name.
        headers: the caller's token, language and ids.
        deadline_s: for the answer.
    """
    service, template, scope = _KEEPERS.get(caller.role, ("", "", ""))
    if caller.party is None or scope not in caller.scopes:
        return None, None
    target = template.format(party=quote(caller.party, safe=""))
    fetched = await fetch(upstreams[service], target, headers=headers, deadline_s=deadline_s)
    return _name_in(fetched.body) if fetched.status == _FOUND else None, _away(fetched)


def _away(fetched: Fetched) -> str | None:
    """Return the service if it could not say; one that does not know the body has said so."""
    return fetched.source if fetched.status is None or fetched.status >= 500 else None  # noqa: PLR2004  # RFC 9110, 15.6


def _name_in(body: Mapping[str, Any]) -> str | None:
    """Return the name in a record, or in the one line of a list."""
    for one in body["items"][:1] if "items" in body else [body]:
        found = one.get("name")
        return found if isinstance(found, str) else None
    return None
