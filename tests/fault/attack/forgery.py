"""Every way we know to make a token that was not given, or not for now; and a lure that hears who fetches from it."""

import base64
import contextlib
import hashlib
import hmac
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import orjson
from cryptography.hazmat.primitives import serialization
from joserfc.jwk import ECKey

from shared.kernel.actor import Role
from shared.kernel.clock import FixedClock
from tests.service.web.test_tokens import FORGED as KNOWN
from tests.support.service import _KEY, KID, mint

OTHER_KEY = ECKey.generate_key("P-256", {"kid": KID})
SCOPES = ("credit.loan:read",)
Forger = Callable[[FixedClock], str]


def encoded(value: bytes) -> str:
    """Return bytes as a token holds them."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def good(clock: FixedClock, **changed: Any) -> str:
    """Return a token that is believed, unless what was changed makes it one that is not."""
    return mint(clock, role=Role.BANK, scopes=SCOPES, party="91500107MA5XTE8T03", **changed)


def with_header(clock: FixedClock, **header: Any) -> str:
    """Return a good token under another header, its signature left as it was."""
    _, payload, signature = good(clock).split(".")
    return f"{encoded(orjson.dumps({'alg': 'ES256', 'kid': KID, **header}))}.{payload}.{signature}"


def by_hmac(secret: bytes, algorithm: str = "HS256") -> Forger:
    """Return a forger that signs with a public thing as if it were a shared secret."""

    def forge(clock: FixedClock) -> str:
        signed = with_header(clock, alg=algorithm).rpartition(".")[0]
        digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
        return f"{signed}.{encoded(hmac.new(secret, signed.encode(), digest).digest())}"

    return forge


def with_signature(signature: bytes) -> Forger:
    """Return a forger that puts these bytes where the signature stands."""
    return lambda clock: f"{good(clock).rpartition('.')[0]}.{encoded(signature)}"


def _second(clock: FixedClock) -> int:
    return int(clock.now().timestamp())


def _promoted(clock: FixedClock) -> str:
    header, payload, signature = good(clock).split(".")
    claims = orjson.loads(base64.urlsafe_b64decode(payload + "=="))
    return f"{header}.{encoded(orjson.dumps({**claims, 'role': 'city'}))}.{signature}"


def _public(form: str) -> bytes:
    key = _KEY.public_key
    if form == "raw":
        return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return key.public_bytes(getattr(serialization.Encoding, form), serialization.PublicFormat.SubjectPublicKeyInfo)


def forged(lure: str) -> dict[str, Forger]:
    """Return forgers by name; those that name an address name `lure`."""
    jwk = OTHER_KEY.as_dict(private=False)
    pem = _public("PEM")
    return {
        **KNOWN,
        "HS256 with the PEM without its last line end": by_hmac(pem.strip()),
        "HS256 with the DER": by_hmac(_public("DER")),
        "HS256 with the point": by_hmac(_public("raw")),
        "HS256 with the JWK": by_hmac(orjson.dumps(_KEY.as_dict(private=False))),
        "HS384 with the PEM": by_hmac(pem, "HS384"),
        "HS512 with the PEM": by_hmac(pem, "HS512"),
        "HS256 with nothing": by_hmac(b""),
        "HS256 with the kid": by_hmac(KID.encode()),
        "no signature": with_signature(b""),
        "a signature of zeros": with_signature(bytes(64)),
        "a signature of ones": with_signature(b"\xff" * 64),
        "a DER signature": with_signature(b"\x30\x44\x02\x20" + b"\x01" * 32 + b"\x02\x20" + b"\x01" * 32),
        "claims changed under a good signature": _promoted,
        "alg in small letters": lambda clock: with_header(clock, alg="es256"),
        "alg nOnE": lambda clock: with_header(clock, alg="nOnE").rpartition(".")[0] + ".",
        "alg missing": lambda clock: with_header(clock, alg=None),
        "alg RS256": lambda clock: with_header(clock, alg="RS256"),
        "alg a list": lambda clock: with_header(clock, alg=["ES256", "none"]),
        "crit": lambda clock: with_header(clock, crit=["exp"], exp=1),
        "b64 false": lambda clock: with_header(clock, b64=False, crit=["b64"]),
        "kid missing": lambda clock: with_header(clock, kid=None),
        "kid a list": lambda clock: with_header(clock, kid=[KID]),
        "kid with NUL": lambda clock: with_header(clock, kid=f"{KID}\x00"),
        "kid of the file system": lambda clock: good(clock, key=OTHER_KEY, header={"kid": "/proc/self/environ"}),
        "kid SQL union": lambda clock: good(clock, key=OTHER_KEY, header={"kid": "' UNION SELECT 'x'--"}),
        "kid the lure": lambda clock: good(clock, key=OTHER_KEY, header={"kid": lure}),
        "jku the lure": lambda clock: good(clock, key=OTHER_KEY, header={"jku": lure, "kid": "unknown"}),
        "x5u the lure": lambda clock: good(clock, key=OTHER_KEY, header={"x5u": lure, "kid": "unknown"}),
        "jku, x5u and jwk under our kid": lambda clock: good(
            clock, key=OTHER_KEY, header={"jku": lure, "x5u": lure, "jwk": jwk, "x5c": ["MA=="]}
        ),
        "issuer the lure": lambda clock: good(clock, iss=lure),
        "issuer a list": lambda clock: good(clock, iss=["https://issuer.test"]),
        "audience in another case": lambda clock: good(clock, aud="Kechuang"),
        "audience a list of others": lambda clock: good(clock, aud=["a", "b"]),
        "expired since 11 s": lambda clock: good(clock, exp=_second(clock) - 11),
        "expired in 1970": lambda clock: good(clock, exp=1),
        "expiry true": lambda clock: good(clock, exp=True),
        "expiry negative": lambda clock: good(clock, exp=-1),
        "expiry text": lambda clock: good(clock, exp=str(_second(clock) + 300)),
        "issue missing": lambda clock: good(clock, iat=None),
        "not before +61 s": lambda clock: good(clock, nbf=_second(clock) + 61),
        "not before +11 s": lambda clock: good(clock, nbf=_second(clock) + 11),
        "not before text": lambda clock: good(clock, nbf="later"),
        "100 kB of claims": lambda clock: good(clock, note="x" * 100_000),
        "100 kB of dots": lambda _: "." * 100_000,
        "claims a list": lambda clock: f"{good(clock).partition('.')[0]}.{encoded(b'[]')}.{encoded(bytes(64))}",
        "two tokens": lambda clock: f"{good(clock)},{good(clock)}",
    }


class Lure:
    """A listener on this machine that counts who connects to it."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self.visits = 0
        self.url = f"http://127.0.0.1:{server.getsockname()[1]}/keys"

    def listen(self) -> None:
        """Count visits until the socket is closed."""
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                self.visits += 1
                connection.close()


@contextlib.contextmanager
def lure() -> Iterator[Lure]:
    """Listen on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        one = Lure(server)
        listener = threading.Thread(target=one.listen, daemon=True)
        listener.start()
        try:
            yield one
        finally:
            server.shutdown(socket.SHUT_RDWR)
            listener.join(5)
