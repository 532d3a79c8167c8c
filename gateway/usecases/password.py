"""Passwords of people: Argon2id by the library's own parameters, off the event loop, a few at a time."""

import asyncio
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from argon2.profiles import CHEAPEST, RFC_9106_LOW_MEMORY

from gateway.rules.account import PASSWORD_LENGTH_MAX

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
        hasher = PasswordHasher.from_parameters(CHEAPEST if cheap else RFC_9106_LOW_MEMORY)
        return cls(hasher, hasher.hash("nobody"))

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

    def is_outdated(self, kept: str) -> bool:
        """Tell whether a hash was made with other parameters than today's."""
        return self.hasher.check_needs_rehash(kept)

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self.hasher.verify(kept, password)
        except (VerifyMismatchError, InvalidHashError):
            return False
