"""The issuer's public keys: fetched from the one configured address, never from one that a token names."""

import asyncio
import contextlib
import time
from email.utils import parsedate_to_datetime
from typing import Protocol

import httpx
import orjson
import structlog
from joserfc.jwk import ECKey

from shared.kernel.clock import SystemClock

_REFRESH_S = 300.0
_UNKNOWN_KEY_PAUSE_S = 5.0
_MAX_DOCUMENT_BYTES = 65_536
_log = structlog.get_logger(__name__)


class KeysUnavailableError(Exception):
    """No keys could be fetched yet, so no token can be judged."""


class KeySource(Protocol):
    """Something that knows public keys by their `kid`."""

    async def find(self, kid: str) -> ECKey | None:
        """Return the key, or None if the issuer has none of that name."""
        ...

    @property
    def generation(self) -> int:
        """A number that grows when the set of keys changes, so that verified tokens are judged anew."""
        ...


def read_keys(document: object) -> dict[str, ECKey]:
    """Return the P-256 signing keys of a JWKS document by `kid`; other keys are left out."""
    entries = document.get("keys") if isinstance(document, dict) else None
    keys: dict[str, ECKey] = {}
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict) or entry.get("kty") != "EC" or entry.get("crv") != "P-256":
            continue
        kid = entry.get("kid")
        if isinstance(kid, str) and "d" not in entry:
            keys[kid] = ECKey.import_key(entry)
    return keys


class JwksClient:
    """Keys fetched over HTTP and kept; an unknown `kid` fetches again at most once in five seconds.

    When the issuer cannot be reached the keys at hand stay good: an outage of the gateway must not stop a service.
    """

    def __init__(self, url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Remember the address; nothing is fetched until a token comes."""
        self._url = url
        self._keys: dict[str, ECKey] = {}
        self._fetched_at = float("-inf")
        self._generation = 0
        self._lock = asyncio.Lock()
        self._transport = transport
        self._issuer_since_boot: float | None = None
        """The issuer's time less the seconds since this machine started, as its last answer said."""

    @property
    def generation(self) -> int:
        """A number that grows when the set of keys changes."""
        return self._generation

    @property
    def skew_seconds(self) -> float:
        """How far the issuer's clock is ahead of this one; this one may have been set since its last answer."""
        if self._issuer_since_boot is None:
            return 0.0
        return self._issuer_since_boot + _since_boot() - SystemClock().now().timestamp()

    async def find(self, kid: str) -> ECKey | None:
        """Return the key named `kid`.

        Raises:
            KeysUnavailableError: if no key set was ever fetched and the issuer does not answer.
        """
        age = time.monotonic() - self._fetched_at
        if age > _REFRESH_S or (kid not in self._keys and age > _UNKNOWN_KEY_PAUSE_S):
            async with self._lock:
                if time.monotonic() - self._fetched_at > min(age, _UNKNOWN_KEY_PAUSE_S):
                    await self._fetch()
        if not self._keys:
            raise KeysUnavailableError(self._url)
        return self._keys.get(kid)

    async def _fetch(self) -> None:
        try:
            async with httpx.AsyncClient(timeout=3.0, transport=self._transport, trust_env=False) as client:
                answer = await client.get(self._url)
            answer.raise_for_status()
            keys = read_keys(orjson.loads(answer.content[:_MAX_DOCUMENT_BYTES]))
        except (httpx.HTTPError, ValueError) as fault:
            _log.warning("jwks_unreachable", url=self._url, reason=fault)
            if self._keys:
                self._fetched_at = time.monotonic()
            return
        self._compare_clocks(answer.headers.get("date", ""))
        if set(keys) != set(self._keys):
            self._generation += 1
        self._keys = keys
        self._fetched_at = time.monotonic()

    def _compare_clocks(self, date: str) -> None:
        """Note how far apart both clocks are; an answer without a date says nothing."""
        with contextlib.suppress(ValueError, TypeError):
            self._issuer_since_boot = parsedate_to_datetime(date).timestamp() - _since_boot()


def _since_boot() -> float:
    """Return seconds that nobody can set; those that a virtual machine slept count too."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
