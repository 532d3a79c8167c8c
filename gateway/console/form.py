"""What a person typed, the proof that our own page sent it, and the faults beside their fields."""

import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from shared.kernel.ids import new_id

TOKEN = "form_token"  # noqa: S105  # the name of a field
KEY = "form_key"
SEEN = "form_seen"
HELD = "form_held"
_MASK_BYTES = 16


@dataclass(frozen=True, slots=True)
class Fault:
    """One field at fault.

    Attributes:
        field: name of the input; empty for the form as a whole.
        message: what is wrong, in the reader's language.
        way_out: what can be done about it; empty where the message says it.
    """

    field: str
    message: str
    way_out: str = ""


@dataclass(slots=True)
class Form:
    """The values of a form, as they were typed, and what is wrong with them.

    Attributes:
        values: field → values; a field may come several times.
        faults: what is wrong.
        refused: HTTP status with which the API refused what the form asked for; 0 before.
    """

    values: Mapping[str, list[str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    refused: int = 0

    def text(self, name: str) -> str:
        """Return what was typed, without the space around it; empty if nothing was."""
        return (self.values.get(name) or [""])[0].strip()

    def all(self, name: str) -> list[str]:
        """Return every value of a field that may come several times."""
        return [value.strip() for value in self.values.get(name, []) if value.strip()]

    def fault(self, name: str) -> str | None:
        """Return what is wrong with a field, None if nothing is known to be."""
        return next((one.message for one in self.faults if one.field == name), None)

    def fault_at(self, name: str, message: str) -> None:
        """Note what is wrong with a field."""
        self.faults.append(Fault(name, message))

    @property
    def key(self) -> str:
        """The idempotency key that the page carried: sent twice it has one effect."""
        return self.text(KEY)

    @property
    def seen(self) -> str:
        """The version that the person saw, for `If-Match`."""
        return self.text(SEEN)

    @property
    def held(self) -> str:
        """What the page said of the case when the form was opened."""
        return self.text(HELD)


def new_key() -> str:
    """Return a fresh idempotency key for a form."""
    return str(new_id())


def form_token(session_secret: bytes) -> str:
    """Return a token that proves that our own page sent a form; other bytes each time, or its length would tell."""
    proof = _proof(session_secret)
    mask = secrets.token_bytes(len(proof))
    return (mask + bytes(one ^ two for one, two in zip(mask, proof, strict=True))).hex()


def is_our_form(session_secret: bytes, token: str) -> bool:
    """Tell whether `token` came from a page of the same session."""
    try:
        raw = bytes.fromhex(token)
    except ValueError:
        return False
    half = len(raw) // 2
    if half != _MASK_BYTES or len(raw) % 2:
        return False
    proof = bytes(one ^ two for one, two in zip(raw[:half], raw[half:], strict=True))
    return hmac.compare_digest(proof, _proof(session_secret))


def _proof(session_secret: bytes) -> bytes:
    return hmac.digest(session_secret, b"console form", sha256)[:_MASK_BYTES]


def faults_of(problem: Mapping[str, object], names: Mapping[str, str], *, known: Iterable[str]) -> list[Fault]:
    """Return the faults of a problem document, each beside the input that it is about.

    Args:
        problem: body of the answer.
        names: pointer of the API → input of the form, where they differ.
        known: inputs of the form; what is about another field stands at the head of the form.
    """
    inputs = set(known)
    title, way_out = str(problem.get("title", "")), str(problem.get("detail") or "")
    found = []
    errors = problem.get("errors")
    for error in errors if isinstance(errors, list) else []:
        pointer, message = str(error.get("pointer", "")), str(error.get("message", ""))
        name = names.get(pointer, pointer.removeprefix("/").partition("/")[0])
        found.append(Fault(name if name in inputs else "", message, way_out if message == title else ""))
    return found or [Fault("", title, way_out)]
