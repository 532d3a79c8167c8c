"""One signature over a batch: each event can be checked alone, and nothing else can be put in its place."""

import random
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from shared.events.signature import (
    LONGEST_HEADER_BYTES,
    MOST_IN_BATCH,
    SignatureInvalid,
    SignedBatch,
    leaf,
    leaves,
    sign_batch,
)

KEY = Ed25519PrivateKey.generate()
ID = "registry-1f2e3d4c"


SUBJECT = "registry.enterprise.changed.v1"


def signed(payloads: list[bytes], key: Ed25519PrivateKey = KEY) -> list[str]:
    """Return the headers of a batch."""
    return sign_batch(key, ID, [(SUBJECT, payload) for payload in payloads])


def checked(payload: bytes, header: str, batch: SignedBatch | None = None) -> SignedBatch:
    """Check one event as a receiver does, alone or among others of its batch."""
    head, place, path = header.rsplit(";", 2)
    _, key_id, count, signature = head.split(";")
    batch = batch or SignedBatch(key_id, count, signature, KEY.public_key())
    batch.check(leaf(SUBJECT, payload), place, path)
    return batch


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=40), st.integers())
def test_every_event_of_a_batch_is_checked_alone_and_together_in_any_order(payloads: list[bytes], seed: int) -> None:
    pairs = list(zip(payloads, signed(payloads), strict=True))
    for payload, header in pairs:
        assert checked(payload, header).holds
    random.Random(seed).shuffle(pairs)
    batch = None
    for payload, header in pairs:
        batch = checked(payload, header, batch)


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=20, unique=True), st.data())
def test_no_other_bytes_place_or_path_are_believed(payloads: list[bytes], data: st.DataObject) -> None:
    headers = signed(payloads)
    at = data.draw(st.integers(0, len(payloads) - 1))
    other = data.draw(st.binary(max_size=20).filter(lambda one: one != payloads[at]))
    known = None if data.draw(st.booleans()) else checked(payloads[at], headers[at])
    with pytest.raises(SignatureInvalid):
        checked(other, headers[at], known)
    if len(payloads) > 1:
        head, place, path = headers[at].rsplit(";", 2)
        with pytest.raises(SignatureInvalid):
            checked(payloads[at], f"{head};{(int(place) + 1) % len(payloads)};{path}")


def row_checked(payloads: list[bytes], headers: list[str], first: int) -> SignedBatch:
    """Check neighbours at once."""
    _, key_id, count, signature = headers[0].rsplit(";", 2)[0].split(";")
    batch = SignedBatch(key_id, count, signature, KEY.public_key())
    left, right = (header.rsplit(";", 1)[1] for header in (headers[0], headers[-1]))
    batch.check_row(leaves((SUBJECT, one) for one in payloads), first, left, right)
    return batch


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=70), st.data())
def test_neighbours_prove_one_another_wherever_they_stand_in_their_batch(
    payloads: list[bytes], data: st.DataObject
) -> None:
    headers = signed(payloads)
    first = data.draw(st.integers(0, len(payloads) - 1))
    end = data.draw(st.integers(first + 1, len(payloads)))
    batch = row_checked(payloads[first:end], headers[first:end], first)
    assert batch.holds
    for payload, header in zip(payloads, headers, strict=True):
        checked(payload, header, batch)


@given(st.lists(st.binary(max_size=20), min_size=2, max_size=40, unique=True), st.data())
def test_no_other_bytes_order_or_place_is_believed_among_neighbours(payloads: list[bytes], data: st.DataObject) -> None:
    headers = signed(payloads)
    first = data.draw(st.integers(0, len(payloads) - 2))
    end = data.draw(st.integers(first + 2, len(payloads)))
    row, over = payloads[first:end], headers[first:end]
    at = data.draw(st.integers(0, len(row) - 1))
    other = data.draw(st.binary(max_size=20).filter(lambda one: one != row[at]))
    told = [
        ([*row[:at], other, *row[at + 1 :]], first),
        ([row[1], row[0], *row[2:]], first),
        *([([*row, other], first)] if payloads[end : end + 1] != [other] else []),  # that which follows is believed
        (row, first + 1),
        (row, (first or len(payloads)) - 1),
    ]
    for changed, place in told:
        with pytest.raises(SignatureInvalid):
            row_checked(changed, over, place)


def test_the_largest_batch_keeps_its_headers_within_what_is_told_of_them() -> None:
    headers = signed([b"x"] * MOST_IN_BATCH)
    assert max(map(len, headers)) <= LONGEST_HEADER_BYTES


@pytest.mark.parametrize("count", ["0", "1001", "-1", "x", "１", "99999999999999999999"])
def test_a_batch_of_no_size_is_malformed(count: str) -> None:
    with pytest.raises(SignatureInvalid, match="malformed"):
        SignedBatch(ID, count, b64encode(bytes(64)).decode(), KEY.public_key())


@pytest.mark.parametrize("place", ["1", "-1", "x", "１", "9" * 5_000, ""])
def test_a_place_outside_of_the_batch_is_malformed(place: str) -> None:
    (header,) = signed([b"event"])
    with pytest.raises(SignatureInvalid, match="malformed"):
        checked(b"event", f"{header.rsplit(';', 2)[0]};{place};")


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_stands_in_a_header_is_refused_in_words(signature: str, path: str) -> None:
    with pytest.raises(SignatureInvalid):
        SignedBatch(ID, "4", signature, KEY.public_key()).check(leaf(SUBJECT, b"event"), "2", path)


def test_another_key_over_the_same_bytes_is_not_believed() -> None:
    (header,) = signed([b"event"], Ed25519PrivateKey.generate())
    with pytest.raises(SignatureInvalid, match="changed"):
        checked(b"event", header)
