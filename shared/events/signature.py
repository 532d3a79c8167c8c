"""Signatures of events: one Ed25519 signature over a batch, and for each event what is needed to check it alone.

What is signed are the subject and the bytes of the CloudEvents document as `to_wire` writes them, the one canonical
form: whoever checks reads nothing of an event before its signature holds. A batch is signed once, over the root of a
Merkle tree of its events; the header of an event carries the path from it to the root:

    Kechuang-Signature: v1;<key id>;<events in the batch>;<signature>;<index>;<path>

Signature and nodes are base64 without padding; a path is nodes of 22 characters, the lowest first. A node is the
first 16 bytes of a SHA-256: putting another event in the place of a signed one takes 2^128 tries, and only the
publisher could look for two of its own that are alike.
"""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from binascii import a2b_base64
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256 as _hash
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

HEADER = "Kechuang-Signature"
MOST_IN_BATCH = 1_000
LONGEST_HEADER_BYTES = 400
VERSION = "v1"
_NODE = 22
_BYTES = 16
_DIGITS = 5
_LEVEL = 12
_LEAF, _INNER = b"\x00", b"\x01"


class Proof(NamedTuple):
    """By what an event is checked besides its bytes.

    Attributes:
        signature: its header; None if it has none.
        stored_at: when the broker took it.
        stream_sequence: under which number its publisher's own stream keeps it; None if it came from elsewhere.
    """

    signature: str | None
    stored_at: datetime
    stream_sequence: int | None


def signed_bytes(subject: str, payload: bytes) -> bytes:
    """Return what is signed of one event: under another subject the same document is another event."""
    return b"%b\x00%b" % (subject.encode(), payload)


class SignatureInvalid(ValueError):  # noqa: N818  # says what the signature is
    """An event was not signed by its publisher; the message begins with one word that says why."""


def sign_batch(key: Ed25519PrivateKey, key_id: str, payloads: Sequence[bytes]) -> list[str]:
    """Return the header of each event of a batch.

    Args:
        key: of the publisher.
        key_id: its name in the catalogue of public keys.
        payloads: the signed bytes of the events, 1 to `MOST_IN_BATCH`.
    """
    levels = [[_hash(_LEAF + payload).digest()[:_BYTES] for payload in payloads]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [_hash(_INNER + below[at] + below[at + 1]).digest()[:_BYTES] for at in range(0, len(below) - 1, 2)]
        levels.append([*above, below[-1]] if len(below) % 2 else above)
    count = len(payloads)
    signature = _written(key.sign(_signed(key_id, count, levels[-1][0])))
    paths = [""]
    for level in reversed(levels[:-1]):
        written, size = [_written(node) for node in level], len(level)
        # The last of an odd number has no sibling and rises as it is.
        paths = [(written[at ^ 1] + paths[at >> 1]) if at ^ 1 < size else paths[at >> 1] for at in range(size)]
    return [f"{VERSION};{key_id};{count};{signature};{index};{path}" for index, path in enumerate(paths)]


class SignedBatch:
    """One batch of one publisher; once its signature held, another event of it costs a hash or two."""

    __slots__ = ("_count", "_key_id", "_nodes", "_public", "_signature", "holds")

    def __init__(self, key_id: str, count: str, signature: str, public: Ed25519PublicKey) -> None:
        """Name what a header says of the batch; nothing is believed yet.

        Raises:
            SignatureInvalid: no batch has so many events.
        """
        self._key_id, self._signature, self._public = key_id, signature, public
        self._count = _number(count)
        if not 1 <= self._count <= MOST_IN_BATCH:
            raise SignatureInvalid("malformed: no batch has so many events")
        self._nodes: dict[int, bytes] = {}
        self.holds = False
        """Whether the signature was seen to be the publisher's."""

    def check(self, payload: bytes, place: str, path: str) -> None:
        """Check one event: go from it towards the root until a node is known, or to the root and its signature.

        Args:
            payload: its signed bytes.
            place: its index, from 0.
            path: the nodes beside its way to the root, lowest first.

        Raises:
            SignatureInvalid: the bytes, the path or the signature are not those of the publisher.
        """
        index, size = _number(place), self._count
        if not 0 <= index < size:
            raise SignatureInvalid("malformed: index outside of the batch")
        node = _hash(_LEAF + payload).digest()[:_BYTES]
        known, way, where, at = self._nodes, {}, index, 0
        while (met := known.get(where)) is None:
            way[where] = node
            if size == 1:
                self._check_root(node)
                break
            if index ^ 1 < size:
                beside = _read(path[at : at + _NODE])
                at += _NODE
                way[where ^ 1] = beside
                node = _hash(_INNER + (beside + node if index & 1 else node + beside)).digest()[:_BYTES]
            index, size, where = index >> 1, (size + 1) >> 1, (where >> _LEVEL) + 1 << _LEVEL | index >> 1
        else:
            if met != node:
                raise SignatureInvalid("changed: the event is not in its batch")
        # All of them lead to a node that was known: they are known now.
        if way:
            known.update(way)

    def _check_root(self, root: bytes) -> None:
        if self.holds or not _holds(self._public, self._signature, _signed(self._key_id, self._count, root)):
            raise SignatureInvalid("changed: the signature is not of these bytes")
        self.holds = True


def _number(text: str) -> int:
    """Return a count or place as a header writes it, -1 for anything else, such as more digits than any has."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else -1


def _signed(key_id: str, count: int, root: bytes) -> bytes:
    return f"kechuang events {VERSION};{key_id};{count};".encode() + root


def _holds(key: Ed25519PublicKey, signature: str, message: bytes) -> bool:
    try:
        key.verify(b64decode(signature + "==", validate=True), message)
    except (InvalidSignature, NotBase64, ValueError):
        return False
    return True


def _written(node: bytes) -> str:
    return b64encode(node).decode().rstrip("=")


def _read(text: str) -> bytes:
    try:
        return a2b_base64(text + "==", strict_mode=True)
    except (NotBase64, ValueError) as fault:
        raise SignatureInvalid("malformed: a node of the path is no base64") from fault
