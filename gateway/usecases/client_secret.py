"""Secrets of clients: made at random, shown once, kept as a salted scrypt hash, compared in constant time."""

import asyncio
import base64
import hashlib
import hmac
import secrets

_COST = {"n": 4096, "r": 8, "p": 1, "dklen": 32}
_SALT_BYTES = 16
MAX_SECRET_LENGTH = 256


def new_secret() -> str:
    """Return a secret of 256 random bits."""
    return secrets.token_urlsafe(32)


async def hash_secret(secret: str) -> str:
    """Return the hash under which `secret` is kept."""
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = await asyncio.to_thread(_digest, secret, salt)
    return f"scrypt${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


async def matches(secret: str, kept: str | None) -> bool:
    """Tell whether `secret` is the one kept; an unknown client costs the same time as a wrong secret."""
    _, salt, digest = (kept or _NOBODY).split("$")
    found = await asyncio.to_thread(_digest, secret[:MAX_SECRET_LENGTH], base64.b64decode(salt))
    same = hmac.compare_digest(found, base64.b64decode(digest))
    return same and kept is not None and len(secret) <= MAX_SECRET_LENGTH


def _digest(secret: str, salt: bytes) -> bytes:
    return hashlib.scrypt(secret.encode("utf-8", "surrogatepass"), salt=salt, **_COST)


_NOBODY = f"scrypt${base64.b64encode(bytes(_SALT_BYTES)).decode()}${base64.b64encode(bytes(32)).decode()}"
