"""Passwords of people: Argon2id by the library's own parameters, off the event loop, a few at a time."""

import asyncio
import base64
from dataclasses import dataclass, field

from argon2 import Parameters, PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from argon2.profiles import CHEAPEST, RFC_9106_LOW_MEMORY

from gateway.rules.account import PASSWORD_LENGTH_MAX

_VERSION = 19
"""Of Argon2, 1.3 (RFC 9106)."""
_AT_ONCE = 2
"""Each takes 64 MiB for a moment: who floods the sign-in waits, the rest of the gateway does not."""


@dataclass(slots=True)
class Passwords:
    """Hashes and checks passwords."""

    hasher: PasswordHasher
    nobody: str
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    @classmethod
    def of(cls, *, cheap: bool) -> "Passwords":
        """Return the hasher; `cheap` is for tests alone.

        Source: RFC 9106, section 4, second recommended option.
        """
        parameters = CHEAPEST if cheap else RFC_9106_LOW_MEMORY
        return cls(PasswordHasher.from_parameters(parameters), _of_nobody(parameters))

    async def hash(self, password: str) -> str:
        """Return the hash under which a password is kept."""
        async with self._turns:
            return await asyncio.to_thread(self.hasher.hash, password)

    async def matches(self, password: str, kept: str | None) -> bool:
        """Tell whether a password is the one kept; an unknown login costs the same time as a wrong password."""
        tried = password[:PASSWORD_LENGTH_MAX]
        async with self._turns:
            same = await asyncio.to_thread(self._verify, kept or self.nobody, tried)
        return same and kept is not None and tried == password

    async def renewed(self, password: str, kept: str) -> str | None:
        """Return a new hash of a right password whose own was made with other parameters than today's, else None."""
        return await self.hash(password) if self.hasher.check_needs_rehash(kept) else None

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self.hasher.verify(kept, password)
        except (VerifyMismatchError, InvalidHashError):
            return False


def _of_nobody(parameters: Parameters) -> str:
    """Return a hash that no password has, written down rather than computed: each process would pay for it at start."""
    salt, digest = (
        base64.b64encode(bytes(length)).decode().rstrip("=") for length in (parameters.salt_len, parameters.hash_len)
    )
    costs = f"m={parameters.memory_cost},t={parameters.time_cost},p={parameters.parallelism}"
    return f"$argon2id$v={_VERSION}${costs}${salt}${digest}"
