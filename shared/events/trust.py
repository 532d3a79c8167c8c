"""Whom an event is believed from: the publishers' public keys, each for its service and its time.

Two files, both read again when they change, so that a key is changed without a restart. The public list is the same for
everybody; the private key is one service's secret.
"""

import os
from base64 import b64decode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic

import orjson
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.events.signature import (
    VERSION,
    Provable,
    SignatureInvalid,
    SignedBatch,
    leaf,
    leaves,
    place_of,
    sign_batch,
)

_LOOK_AGAIN_SECONDS = 2.0
_KEPT_BATCHES = 32
_FEWEST_IN_ROW = 4
"""Neighbours that are worth being checked as a row: the way to the root is gone once for all of them."""
_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """One public key: whose it is, how its subjects begin, and from when until when the broker took what it signed."""

    service: str
    subjects: str
    public: Ed25519PublicKey
    valid_from: datetime | None
    valid_until: datetime | None
    is_dated: bool


@dataclass(slots=True)
class _Watched:
    """A file that is looked at again when it may have changed."""

    path: Path
    look_after: float = 0.0
    """The instant of the monotonic clock from which on another look is due."""
    changed_at: int = 0

    def has_changed(self) -> bool:
        """Look, and tell whether it is another than at the last look.

        Raises:
            OSError: it is not there.
        """
        self.look_after, before = monotonic() + _LOOK_AGAIN_SECONDS, self.changed_at
        self.changed_at = self.path.stat().st_mtime_ns
        return self.changed_at != before

    def forget(self) -> None:
        """Let the next look find a change: what this one found could not be read."""
        self.changed_at = 0


class Signer:
    """Signs what one service publishes."""

    def __init__(self, path: Path) -> None:
        """Read the private key.

        Args:
            path: `{"id": "registry-1f2e3d4c", "private": "<32 bytes in base64>"}`.

        Raises:
            OSError, ValueError, KeyError: the file is missing or holds no key.
        """
        self._file = _Watched(path)
        self._file.has_changed()
        self._id = ""
        self._key = self._read()

    def headers(self, events: Iterable[tuple[str, bytes]]) -> list[str]:
        """Return the signature header of each event of one batch.

        Args:
            events: subject and document of each, at least one.
        """
        if monotonic() > self._file.look_after:
            self._look()
        return sign_batch(self._key, self._id, events)

    def _look(self) -> None:
        """Take the new key if the file is another; one that cannot be read, as one half copied, changes nothing."""
        try:
            if self._file.has_changed():
                self._key = self._read()
        except (OSError, ValueError, KeyError) as fault:
            self._file.forget()
            _log.error("event_key_unreadable", path=str(self._file.path), fault=repr(fault))

    def _read(self) -> Ed25519PrivateKey:
        document = orjson.loads(self._file.path.read_bytes())
        key = Ed25519PrivateKey.from_private_bytes(b64decode(document["private"]))
        self._id = str(document["id"])
        return key


@dataclass(slots=True)
class Trust:
    """Checks events against the public keys.

    Attributes:
        path: `{"keys": [{"id", "service", "public", "valid_from", "valid_until"}], "unsigned": {service:
            {"last_sequence", "stored_before"}}}`; times are ISO 8601 or null. `unsigned` says what a stream held before
            its publisher signed; beyond it, and where it says nothing, no event is believed without a signature.
    """

    path: Path
    _keys: dict[str, TrustedKey] = field(default_factory=dict)
    _unsigned: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    _batches: dict[str, tuple[TrustedKey, SignedBatch]] = field(default_factory=dict)
    _file: _Watched = field(init=False)

    def __post_init__(self) -> None:
        """Read the public keys.

        Raises:
            OSError, ValueError, KeyError: the file is missing or holds no keys.
        """
        self._file = _Watched(self.path)
        self._file.has_changed()
        self._read()

    @property
    def keys(self) -> dict[str, TrustedKey]:
        """The public keys that are believed, by their ids."""
        return dict(self._keys)

    def check(self, subject: str, payload: bytes, proof: Provable) -> None:
        """Check that the owner of `subject` signed `payload`.

        Args:
            subject: under which the broker keeps the event.
            payload: its bytes.
            proof: its signature, and how the broker keeps it.

        Raises:
            SignatureInvalid: it did not; the first word says why: missing, malformed, unknown, foreign, expired or
                changed.
        """
        if monotonic() > self._file.look_after:
            self._look()
        header = proof.signature
        if header is None:
            self._check_unsigned(subject, proof)
            return
        try:
            head, place, path = header.rsplit(";", 2)
        except ValueError as fault:
            raise SignatureInvalid("malformed: not v1;key;count;signature;index;path") from fault
        key, batch = self._batches.get(head) or self._opened(head)
        if not subject.startswith(key.subjects):
            raise SignatureInvalid(f"foreign: a key of {key.service} signed {subject}")
        if key.is_dated and not _within(proof.stored_at, key):
            raise SignatureInvalid(f"expired: the key of {key.service} is not for {proof.stored_at}")
        batch.check(leaf(subject, payload), place, path)
        self._keep(head, key, batch)

    def proven(self, events: Sequence[tuple[str, bytes, Provable]]) -> list[bool]:
        """Tell of each event whether it was seen to be its publisher's among its neighbours; `check` judges the others.

        What arrives together was mostly signed together, and a row of neighbours costs half of what each costs alone.

        Args:
            events: what `check` takes of each, in the order in which they arrived.
        """
        if monotonic() > self._file.look_after:
            self._look()
        found = [False] * len(events)
        for begin, first, head, paths in _rows(events):
            some = events[begin : begin + len(paths)]
            if len(some) >= _FEWEST_IN_ROW and self._is_row(some, first, head, paths):
                found[begin : begin + len(some)] = [True] * len(some)
        return found

    def _is_row(self, some: Sequence[tuple[str, bytes, Provable]], first: int, head: str, paths: Sequence[str]) -> bool:
        """Tell whether all of these neighbours are their publisher's."""
        try:
            key, batch = self._batches.get(head) or self._opened(head)
            if not all(subject.startswith(key.subjects) for subject, _, _ in some):
                return False
            if key.is_dated and not all(_within(proof.stored_at, key) for _, _, proof in some):
                return False
            row = leaves((subject, payload) for subject, payload, _ in some)
            batch.check_row(row, first, paths[0], paths[-1])
        except SignatureInvalid:
            return False
        self._keep(head, key, batch)
        return True

    def _keep(self, head: str, key: TrustedKey, batch: SignedBatch) -> None:
        """Remember a batch whose signature held, and forget the oldest."""
        if head not in self._batches:
            self._batches[head] = (key, batch)
            while len(self._batches) > _KEPT_BATCHES:
                self._batches.pop(next(iter(self._batches)))

    def _check_unsigned(self, subject: str, proof: Provable) -> None:
        """Believe an event without a signature only where the stream held it before its publisher signed.

        By number and by time: a stream that somebody made anew counts from one again, but the broker stamps what it
        takes.
        """
        last, before = self._unsigned.get(subject.partition(".")[0], (0, proof.stored_at))
        if proof.stream_sequence is None or proof.stream_sequence > last or proof.stored_at >= before:
            raise SignatureInvalid("missing: the event is not signed")

    def _opened(self, head: str) -> tuple[TrustedKey, SignedBatch]:
        """Return the batch that a header names, not yet believed."""
        parts = head.split(";")
        if len(parts) != 4 or parts[0] != VERSION:  # noqa: PLR2004  # version, key, count, signature
            raise SignatureInvalid("malformed: not v1;key;count;signature;index;path")
        key = self._keys.get(parts[1])
        if key is None:
            # A publisher may sign with a new key an instant after it was listed.
            self._look()
            key = self._keys.get(parts[1])
        if key is None:
            raise SignatureInvalid(f"unknown: no key {parts[1][:80]!r}")
        return key, SignedBatch(parts[1], parts[2], parts[3], key.public)

    def _look(self) -> None:
        """Read the list again if it is another; one that cannot be read, as one half copied, changes nothing."""
        try:
            if self._file.has_changed():
                self._read()
        except (OSError, ValueError, KeyError) as fault:
            self._file.forget()
            _log.error("event_keys_unreadable", path=str(self.path), fault=repr(fault))

    def _read(self) -> None:
        document = orjson.loads(self.path.read_bytes())
        keys = {
            str(one["id"]): TrustedKey(
                service=str(one["service"]),
                subjects=f"{one['service']}.",
                public=Ed25519PublicKey.from_public_bytes(b64decode(one["public"])),
                valid_from=_instant(one.get("valid_from")),
                valid_until=_instant(one.get("valid_until")),
                is_dated=bool(one.get("valid_from") or one.get("valid_until")),
            )
            for one in document["keys"]
        }
        self._unsigned = {
            service: (int(one["last_sequence"]), datetime.fromisoformat(one["stored_before"]))
            for service, one in document.get("unsigned", {}).items()
        }
        # What was checked under a key that is gone is not believed any more.
        self._keys, self._batches = keys, {}


PUBLIC_KEYS_SETTING = "KECHUANG_EVENT_KEYS_FILE"


def trust_from_environment() -> Trust:
    """Return the trust of a command, from the same settings as a service's.

    Raises:
        KeyError: the file of public keys is not named.
        OSError, ValueError: it is missing or holds no keys.
    """
    return Trust(Path(os.environ[PUBLIC_KEYS_SETTING]))


@dataclass(frozen=True, slots=True)
class EventKeys:
    """What one service signs with and whom it believes."""

    signer: Signer
    trust: Trust


def _rows(events: Sequence[tuple[str, bytes, Provable]]) -> list[tuple[int, int, str, list[str]]]:
    """Return the rows of neighbours of one batch: where each begins, its first index, its head and the paths."""
    rows: list[tuple[int, int, str, list[str]]] = []
    before, follows, paths = "", -1, list[str]()
    for at, (_, _, proof) in enumerate(events):
        pieces = (proof.signature or "").rsplit(";", 2)
        index = place_of(pieces[1]) if len(pieces) == 3 else None  # noqa: PLR2004  # head, place, path
        if index is None:
            follows = -1
            continue
        head, _, path = pieces
        if index != follows or head != before:
            paths = []
            rows.append((at, index, head, paths))
        paths.append(path)
        before, follows = head, index + 1
    return rows


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _within(at: datetime, key: TrustedKey) -> bool:
    return (key.valid_from is None or key.valid_from <= at) and (key.valid_until is None or at < key.valid_until)
