"""What a device is asked: whom its passkey belongs to, and a question that proves by itself who asked it what for.

No question is kept, so nobody fills a table by opening the sign-in; what is kept is that one was answered.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from urllib.parse import urlsplit

from gateway.rules.passkey import PASSKEY_REFUSED, Purpose
from shared.kernel.errors import Refusal

_RANDOM_BYTES, _TIME_BYTES, _PROOF_BYTES = 16, 8, 16
LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class PasskeySite:
    """The site that passkeys belong to.

    Attributes:
        origin: as browsers name it.
        name: of its host; a passkey of one name answers no other.
    """

    origin: str
    name: str


def site_of(origin: str) -> PasskeySite | None:
    """Return the site at an origin; None where it has no name: browsers make no passkey for an address in numbers.

    The machine itself has a name that browsers take, `localhost`, whichever of its numbers was told.

    Source: W3C Web Authentication Level 3, section 5.1.2.
    """
    parts = urlsplit(origin)
    host = parts.hostname or ""
    try:
        number = ip_address(host)
    except ValueError:
        return PasskeySite(f"{parts.scheme}://{parts.netloc}", host) if host else None
    if not number.is_loopback:
        return None
    port = f":{parts.port}" if parts.port is not None else ""
    return PasskeySite(f"{parts.scheme}://localhost{port}", "localhost")


def ask(secret: bytes, purpose: Purpose, now: datetime) -> bytes:
    """Return a question for a device, which a browser with another secret, another purpose or a later time cannot use.

    Args:
        secret: of the browser.
        purpose: what the answer is for.
        now: the instant.

    Source: W3C Web Authentication Level 3, section 13.4.3.
    """
    ends_at = int((now + LIFETIME).timestamp()).to_bytes(_TIME_BYTES, "big")
    told = secrets.token_bytes(_RANDOM_BYTES) + ends_at
    return told + _proof(secret, purpose, told)


def asked_until(challenge: bytes, secret: bytes, purpose: Purpose, now: datetime) -> datetime:
    """Return when a question of ours ends.

    Raises:
        Refusal: `passkey_refused` for one that we did not ask this browser for this purpose, or that has ended.
    """
    told, proof = challenge[:-_PROOF_BYTES], challenge[-_PROOF_BYTES:]
    if len(told) != _RANDOM_BYTES + _TIME_BYTES or not hmac.compare_digest(proof, _proof(secret, purpose, told)):
        raise Refusal(PASSKEY_REFUSED)
    ends_at = datetime.fromtimestamp(int.from_bytes(told[_RANDOM_BYTES:], "big"), UTC)
    if now >= ends_at:
        raise Refusal(PASSKEY_REFUSED)
    return ends_at


def _proof(secret: bytes, purpose: Purpose, told: bytes) -> bytes:
    return hmac.digest(secret, b"passkey " + purpose.value.encode() + b" " + told, sha256)[:_PROOF_BYTES]
