"""Makes the key files of the publishers: a private key each, and the list of public keys that all share.

A new key begins an instant before it is made; the one before it stays valid for a while, for what is under way. The
list also says what each stream held before its publisher signed: that alone is believed without a signature.
"""

import contextlib
import fcntl
import os
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

OVERLAP = timedelta(days=1)
_SLACK = timedelta(minutes=1)


def make_key(
    service: str, private_file: Path, public_file: Path, now: datetime, *, overlap: timedelta = OVERLAP
) -> str:
    """Make a new key for `service`, let the one before it end after `overlap`, and return the new id.

    The public list is written first: whoever hears the new key finds it there. What the broker took before the old key
    ended stays believed.
    """
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    key_id = f"{service}-{sha256(public).hexdigest()[:8]}"
    with _changing(public_file) as document:
        earlier = [one for one in document["keys"] if one["service"] == service]
        for one in earlier:
            ends = now + overlap
            noted = one.get("valid_until")
            one["valid_until"] = min(ends, datetime.fromisoformat(noted)).isoformat() if noted else ends.isoformat()
        document["keys"].append(
            {
                "id": key_id,
                "service": service,
                "public": b64encode(public).decode(),
                "valid_from": (now - _SLACK).isoformat() if earlier else None,
                "valid_until": None,
            }
        )
    _write(private_file, {"id": key_id, "private": b64encode(key.private_bytes_raw()).decode()}, mode=0o600)
    return key_id


def record_unsigned(public_file: Path, last_sequences: Mapping[str, int], now: datetime) -> None:
    """Note what the streams hold that was published before events were signed; what is noted once stays.

    Args:
        public_file: the list.
        last_sequences: service → last sequence of its stream, 0 for one that holds nothing.
        now: what the broker takes from this instant on needs a signature in any case.
    """
    with _changing(public_file) as document:
        noted = document.setdefault("unsigned", {})
        for service, last in last_sequences.items():
            noted.setdefault(service, {"last_sequence": last, "stored_before": now.isoformat()})


def unsigned_recorded(public_file: Path) -> frozenset[str]:
    """Return the services of whose streams it is noted what they held before events were signed."""
    return frozenset(_read(public_file).get("unsigned", {}))


def public_keys(public_file: Path) -> list[dict[str, Any]]:
    """Return the entries of the public list, none if there is no file yet."""
    found: list[dict[str, Any]] = _read(public_file)["keys"]
    return found


def _read(public_file: Path) -> dict[str, Any]:
    if not public_file.exists():
        return {"keys": []}
    document: dict[str, Any] = orjson.loads(public_file.read_bytes())
    return document


@contextlib.contextmanager
def _changing(public_file: Path) -> Iterator[dict[str, Any]]:
    """Give the list to one writer at a time, and write it when that one is done."""
    public_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = os.open(public_file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        document = _read(public_file)
        yield document
        _write(public_file, document, mode=0o600)
    finally:
        os.close(folder)


def _write(path: Path, document: dict[str, Any], *, mode: int) -> None:
    """Write a file that appears whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    draft.rename(path)
