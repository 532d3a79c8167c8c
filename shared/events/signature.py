"""Signatures of events: one Ed25519 signature over a batch, and for each event what is needed to check it alone.

What is signed are the subject and the bytes of the CloudEvents document as `to_wire` writes them, the one canonical
form: whoever checks reads nothing of an event before its signature holds. A batch is signed once, over the root of a
Merkle tree of its events; the header of an event carries the path from it to the root:

    Kechuang-Signature: v1;<key id>;<events in the batch>;<signature>;<index>;<path>

The signature is base64 without padding; a path is nodes of 24 characters in base64, the lowest first. A node is the
first 18 bytes of a SHA-256: putting another event in the place of a signed one takes 2^144 tries, and only the
publisher could look for two of its own that are alike.
"""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256 as _hash
from typing import NamedTuple, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

HEADER = "Kechuang-Signature"
MOST_IN_BATCH = 1_000
LONGEST_HEADER_BYTES = 400
VERSION = "v1"
_BYTES = 18
_LETTERS = 24
_INNER = b"\x01"
_NUMBERS = {str(number): number for number in range(MOST_IN_BATCH + 1)}
"""Every count and place as a header writes it: reading one is a look, and nothing else is a number."""


class Provable(Protocol):
    """By what an event is checked besides its bytes; how the broker keeps it is asked for only where that matters."""

    @property
    def signature(self) -> str | None:
        """Its header; None if it has none."""
        ...

    @property
    def stored_at(self) -> datetime:
        """When the broker took it."""
        ...

    @property
    def stream_sequence(self) -> int | None:
        """Under which number its publisher's own stream keeps it; None if it came from elsewhere."""
        ...


class Proof(NamedTuple):
    """All of it at once, as a dead letter keeps it."""

    signature: str | None
    stored_at: datetime
    stream_sequence: int | None


def leaf(subject: str, payload: bytes) -> bytes:
    """Return the node of one event: under another subject the same document is another event."""
    return _hash(_before(subject) + payload).digest()[:_BYTES]


def leaves(events: Iterable[tuple[str, bytes]]) -> list[bytes]:
    """Return the node of each event.

    Args:
        events: subject and document of each.
    """
    known: dict[str, bytes] = {}
    found = []
    for subject, payload in events:
        before = known.get(subject)
        if before is None:
            before = known[subject] = _before(subject)
        found.append(_hash(before + payload).digest()[:_BYTES])
    return found


def _before(subject: str) -> bytes:
    return b"\x00%b\x00" % subject.encode()


def _above(below: list[bytes]) -> list[bytes]:
    """Return the nodes over those of one level; the last of an odd number has no sibling and rises as it is."""
    one = iter(below)
    above = [_hash(_INNER + left + right).digest()[:_BYTES] for left, right in zip(one, one, strict=False)]
    if len(below) % 2:
        above.append(below[-1])
    return above


class SignatureInvalid(ValueError):  # noqa: N818  # says what the signature is
    """An event was not signed by its publisher; the message begins with one word that says why."""


def sign_batch(key: Ed25519PrivateKey, key_id: str, events: Iterable[tuple[str, bytes]]) -> list[str]:
    """Return the header of each event of a batch.

    Args:
        key: of the publisher.
        key_id: its name in the catalogue of public keys.
        events: subject and document of each, 1 to `MOST_IN_BATCH`.
    """
    levels = [leaves(events)]
    while len(levels[-1]) > 1:
        levels.append(_above(levels[-1]))
    count = len(levels[0])
    signature = b64encode(key.sign(_signed(key_id, count, levels[-1][0]))).decode().rstrip("=")
    paths = [""]
    for level in reversed(levels[:-1]):
        size, written = len(level), b2a_base64(b"".join(level), newline=False).decode()
        nodes = [written[at : at + _LETTERS] for at in range(0, size * _LETTERS, _LETTERS)]
        shorter, paths = paths, []
        for left, right, path in zip(nodes[::2], nodes[1::2], shorter, strict=False):
            paths += (right + path, left + path)
        if size % 2:
            paths.append(shorter[-1])
    head = f"{VERSION};{key_id};{count};{signature};"
    return [f"{head}{index};{path}" for index, path in enumerate(paths)]


class SignedBatch:
    """One batch of one publisher; once its signature held, another event of it costs a hash or two."""

    __slots__ = ("_count", "_first", "_key_id", "_lonely", "_nodes", "_public", "_signature", "holds")

    def __init__(self, key_id: str, count: str, signature: str, public: Ed25519PublicKey) -> None:
        """Name what a header says of the batch; nothing is believed yet.

        Raises:
            SignatureInvalid: no batch has so many events.
        """
        self._key_id, self._signature, self._public = key_id, signature, public
        self._count = size = _NUMBERS.get(count, 0)
        if size == 0:
            raise SignatureInvalid("malformed: no batch has so many events")
        # Nodes as in a heap: the root is 1, below `at` are `2 at` and `2 at + 1`; what rises stands on every level.
        self._first = first = 1 << (size - 1).bit_length()
        self._nodes: list[bytes | None] = [None] * (first + size)
        self._lonely = set[int]()
        """Nodes without a sibling."""
        while size > 1:
            if size % 2:
                self._lonely.add(first + size - 1)
            first, size = first >> 1, (size + 1) >> 1
        self.holds = False
        """Whether the signature was seen to be the publisher's."""

    def check(self, node: bytes, place: str, path: str) -> None:
        """Check one event: go from it towards the root until a node is known, or to the root and its signature.

        Args:
            node: its leaf.
            place: its index, from 0.
            path: the nodes beside its way to the root, lowest first.

        Raises:
            SignatureInvalid: the bytes, the path or the signature are not those of the publisher.
        """
        index = _NUMBERS.get(place, self._count)
        if index >= self._count:
            raise SignatureInvalid("malformed: index outside of the batch")
        at = self._first + index
        known = self._nodes[at]
        if known is None:
            self._climb(node, at, path)
        elif known != node:
            raise SignatureInvalid("changed: the event is not in its batch")

    def check_row(self, row: list[bytes], first: int, left: str, right: str) -> None:
        """Check neighbours at once: they prove one another, and only what stands beside the row is read from paths.

        Args:
            row: their leaves, at least one.
            first: index of the first of them, from 0.
            left: path of the first.
            right: path of the last.

        Raises:
            SignatureInvalid: one of them is not in the batch, or a path or the signature is not the publisher's. Which
                one `check` tells, alone.
        """
        at, end = self._first + first, self._first + first + len(row) - 1
        if end >= len(self._nodes):
            raise SignatureInvalid("malformed: index outside of the batch")
        read_left = read_right = 0
        while at > 1:
            if at & 1:
                row = [_read(left[read_left : read_left + _LETTERS]), *row]
            if at not in self._lonely:
                read_left += _LETTERS
            if end not in self._lonely:
                if not end & 1:
                    row.append(_read(right[read_right : read_right + _LETTERS]))
                read_right += _LETTERS
            row, at, end = _above(row), at >> 1, end >> 1
        (root,) = row
        if self._nodes[1] is None:
            self._check_root(root)
            self._nodes[1] = root
        elif self._nodes[1] != root:
            raise SignatureInvalid("changed: the events are not in their batch")

    def _climb(self, node: bytes, at: int, path: str) -> None:
        """Check a node that is not known by those beside its way to one that is."""
        nodes, way, taken = self._nodes, [], 0
        while (known := nodes[at]) is None:
            way.append((at, node))
            if at == 1:
                self._check_root(node)
                break
            if at not in self._lonely:
                sibling = _read(path[taken : taken + _LETTERS])
                taken += _LETTERS
                way.append((at ^ 1, sibling))
                node = _hash(_INNER + (sibling + node if at & 1 else node + sibling)).digest()[:_BYTES]
            at >>= 1
        else:
            if known != node:
                raise SignatureInvalid("changed: the event is not in its batch")
        # All of them lead to a node that was known: they are known now.
        for place, seen in way:
            nodes[place] = seen

    def _check_root(self, root: bytes) -> None:
        if not _holds(self._public, self._signature, _signed(self._key_id, self._count, root)):
            raise SignatureInvalid("changed: the signature is not of these bytes")
        self.holds = True


def place_of(place: str) -> int | None:
    """Return the index that a header writes, or None if it is none."""
    return _NUMBERS.get(place)


def _signed(key_id: str, count: int, root: bytes) -> bytes:
    return f"kechuang events {VERSION};{key_id};{count};".encode() + root


def _holds(key: Ed25519PublicKey, signature: str, message: bytes) -> bool:
    try:
        key.verify(b64decode(signature + "==", validate=True), message)
    except (InvalidSignature, NotBase64, ValueError):
        return False
    return True


def _read(node: str) -> bytes:
    try:
        return a2b_base64(node, strict_mode=True)
    except (NotBase64, ValueError) as fault:
        raise SignatureInvalid("malformed: a node of the path is no base64") from fault
