"""Keeps the keys that sign tokens: made in time, sealed at rest, withdrawn when no token of theirs can live."""

import base64
import secrets
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc.jwk import ECKey

from gateway.models import SigningKey
from gateway.rules import signing_key as rules
from gateway.rules.signing_key import KeyPeriod
from gateway.store import signing_key as store
from shared.db.transaction import Transaction

_NONCE_BYTES = 12


class KeySeal:
    """Seals private keys with a key derived from the gateway's own secret; nothing else is sealed with it."""

    def __init__(self, master: bytes) -> None:
        """Derive the sealing key from 32 secret bytes."""
        derived = HKDF(SHA256(), length=32, salt=None, info=b"kechuang gateway signing keys").derive(master)
        self._cipher = AESGCM(derived)

    def seal(self, key: ECKey) -> bytes:
        """Return the private key, encrypted and bound to its name."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, orjson.dumps(key.as_dict(private=True)), str(key.kid).encode())

    def open(self, kid: str, sealed: bytes) -> ECKey:
        """Return the private key named `kid`.

        Raises:
            cryptography.exceptions.InvalidTag: it was sealed with another secret or belongs to another name.
        """
        plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], kid.encode())
        return ECKey.import_key(orjson.loads(plain))


@dataclass(frozen=True, slots=True)
class KeyRead:
    """A key as the operator sees it: no private part.

    Attributes:
        kid: its name.
        status: ANNOUNCED, SIGNING, PUBLISHED or WITHDRAWN.
        signs_from_at: first instant at which it signs.
        signs_until_at: from then on it does not.
    """

    kid: str
    status: str
    signs_from_at: datetime
    signs_until_at: datetime


@dataclass(slots=True)
class Keyring:
    """The keys of this process; refreshed from the database by a job.

    Attributes:
        keys: by name.
        periods: when each signs.
        generation: grows when the set of keys changes.
    """

    keys: dict[str, ECKey] = field(default_factory=dict)
    periods: list[KeyPeriod] = field(default_factory=list)
    generation: int = 0

    async def find(self, kid: str) -> ECKey | None:
        """Return the key named `kid`, for the check of a token at the gateway itself."""
        return self.keys.get(kid)

    def replace(self, keys: dict[str, ECKey], periods: list[KeyPeriod]) -> None:
        """Take over what the database holds."""
        if set(keys) != set(self.keys):
            self.generation += 1
        self.keys, self.periods = keys, periods


async def refresh(tx: Transaction, ring: Keyring, seal: KeySeal, *, days: int) -> None:
    """Make the next key if it is time, and load what is to be published into `ring`."""
    rows = await store.lock(tx)
    period = rules.next_period([_period(row) for row in rows], kid=_new_kid(), now=tx.now, days=days)
    if period is not None:
        rows.append(_add(tx, seal, period))
    shown = rules.published([_period(row) for row in rows], tx.now)
    names = {one.kid for one in shown}
    ring.replace({row.kid: seal.open(row.kid, row.sealed_private_key) for row in rows if row.kid in names}, shown)


async def rotate(tx: Transaction, seal: KeySeal, *, days: int, at_once: bool, reason: str) -> KeyRead:
    """Make a new key and end the others: in order after the announcement, or at once because one has leaked.

    Every process takes the new keys up within twenty seconds, every service at the next token or after five minutes.

    Raises:
        cryptography.exceptions.InvalidTag: `seal` is not the one the gateway's keys are sealed with; nothing is done.
    """
    rows = await store.lock(tx)
    for row in rows:
        seal.open(row.kid, row.sealed_private_key)
    rotation = rules.rotate([_period(row) for row in rows], kid=_new_kid(), now=tx.now, days=days, at_once=at_once)
    by_kid = {row.kid: row for row in rows}
    for one in rotation.ended:
        row = by_kid[one.kid]
        row.signs_from_at, row.signs_until_at = one.signs_from_at, one.signs_until_at
    detail = {"reason": reason, "at_once": at_once, "ended": [one.kid for one in rotation.ended]}
    made = _add(tx, seal, rotation.made, detail)
    return _shown(made, tx)


async def every(tx: Transaction) -> list[KeyRead]:
    """Return all keys, oldest first, without their private parts."""
    return [_shown(row, tx) for row in await store.every(tx)]


def _shown(row: SigningKey, tx: Transaction) -> KeyRead:
    return KeyRead(row.kid, rules.status(_period(row), tx.now), row.signs_from_at, row.signs_until_at)


def _new_kid() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(_NONCE_BYTES)).decode()


def _add(tx: Transaction, seal: KeySeal, period: KeyPeriod, detail: dict[str, object] | None = None) -> SigningKey:
    key = ECKey.generate_key("P-256", {"kid": period.kid, "use": "sig", "alg": "ES256"})
    row = SigningKey.model_validate(
        {
            "kid": period.kid,
            "sealed_private_key": seal.seal(key),
            "created_at": tx.now,
            "signs_from_at": period.signs_from_at,
            "signs_until_at": period.signs_until_at,
        }
    )
    tx.session.add(row)
    tx.audit("signing_key.made", subject=f"signing_key/{period.kid}", detail=detail)
    return row


def public_keys(ring: Keyring) -> list[dict[str, object]]:
    """Return the public parts of the keys, for the JWKS document."""
    return [dict(key.as_dict(private=False)) for key in ring.keys.values()]


def _period(row: SigningKey) -> KeyPeriod:
    return KeyPeriod(row.kid, row.signs_from_at, row.signs_until_at)
