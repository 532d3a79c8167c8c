"""Passkeys on pages: what a device is asked, and whether the address that the browser shows can ask it."""

from urllib.parse import urlsplit

from gateway.console.visit import Visit
from gateway.rules.passkey import Purpose
from gateway.usecases.passkey import Asked
from gateway.usecases.passkey_question import PasskeySite, site_of


def site(visit: Visit) -> PasskeySite | None:
    """Return the site that passkeys of this installation belong to, None where it has none."""
    settings = visit.state.settings
    return site_of(settings.console_origin or settings.issuer)


def asked(visit: Visit, purpose: Purpose) -> Asked | None:
    """Return who asks a device, None where the address that the browser shows can ask none."""
    found = site(visit)
    if found is None or urlsplit(found.origin).netloc != visit.request.headers.get("host"):
        return None
    secret = visit.visitor.secret if visit.visitor is not None else visit.request.scope["console_secret"]
    return Asked(found, secret, purpose)
