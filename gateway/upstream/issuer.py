"""An identity provider of others (OpenID Connect): its discovery document, its keys, and the exchange of a code."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import orjson
import structlog

_DEADLINE_S = 5.0
_KEPT_S = 300.0
_KEY_PAUSE_S = 5.0
_LARGEST = 262_144
_log = structlog.get_logger(__name__)


class IssuerDownError(Exception):
    """The provider does not answer, or answers nothing that can be used."""


class IssuerRefusedError(Exception):
    """The provider does not take the code."""


@dataclass(slots=True)
class Issuer:
    """One provider, as the settings name it.

    Attributes:
        url: its issuer identifier.
        client_id: what it calls us.
        client_secret: proves us; None for a client that proves itself by PKCE alone.
        redirect_uri: where it sends browsers back.
    """

    url: str
    client_id: str
    client_secret: str | None
    redirect_uri: str
    _document: dict[str, str] = field(default_factory=dict)
    _document_at: float = float("-inf")
    _keys: list[dict[str, Any]] = field(default_factory=list)
    _keys_at: float = float("-inf")
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def authorization_url(self, *, state: str, nonce: str, challenge: str) -> str:
        """Return where a browser is sent to sign in.

        Raises:
            IssuerDownError: the provider cannot be asked where that is.
        """
        endpoint = (await self._discovered())["authorization_endpoint"]
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"

    async def id_token(self, code: str, verifier: str) -> str:
        """Return the ID token that a code is exchanged for.

        Raises:
            IssuerDownError: no answer that can be used.
            IssuerRefusedError: the code is not taken.
        """
        endpoint = (await self._discovered())["token_endpoint"]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
            "client_id": self.client_id,
        }
        proof = None if self.client_secret is None else httpx.BasicAuth(self.client_id, self.client_secret)
        told = await self._ask("POST", endpoint, form=form, proof=proof)
        token = told.get("id_token")
        if not isinstance(token, str):
            raise IssuerDownError("its answer holds no ID token")
        return token

    async def keys(self, *, anew: bool = False) -> list[dict[str, Any]]:
        """Return its public keys; `anew` looks for a key that was made since, at most every few seconds.

        Raises:
            IssuerDownError: none were ever fetched, and it does not answer.
        """
        async with self._lock:
            age = time.monotonic() - self._keys_at
            if age > _KEPT_S or (anew and age > _KEY_PAUSE_S):
                told = await self._ask("GET", (await self._discovered())["jwks_uri"])
                found = told.get("keys")
                self._keys = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
                self._keys_at = time.monotonic()
            return self._keys

    async def _discovered(self) -> dict[str, str]:
        if time.monotonic() - self._document_at > _KEPT_S:
            told = await self._ask("GET", f"{self.url.rstrip('/')}/.well-known/openid-configuration")
            if told.get("issuer") != self.url:
                raise IssuerDownError("its discovery document speaks for another issuer")
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            found = {name: told[name] for name in names if isinstance(told.get(name), str)}
            if len(found) < len(names) or any(not self._is_safe(one) for one in found.values()):
                raise IssuerDownError("its discovery document names no usable addresses")
            self._document, self._document_at = found, time.monotonic()
        return self._document

    def _is_safe(self, address: str) -> bool:
        """Tell whether an address is as safe as that of the issuer itself."""
        return urlsplit(address).scheme in {"https", urlsplit(self.url).scheme}

    async def _ask(
        self, method: str, address: str, *, form: dict[str, str] | None = None, proof: httpx.Auth | None = None
    ) -> dict[str, Any]:
        try:
            async with httpx.AsyncClient(timeout=_DEADLINE_S, trust_env=False) as client:
                answer = await client.request(method, address, data=form, auth=proof)
            told = orjson.loads(answer.content) if len(answer.content) <= _LARGEST else None
        except (httpx.HTTPError, ValueError) as fault:
            _log.warning("issuer_unreachable", url=address, reason=type(fault).__name__)
            raise IssuerDownError(address) from None
        if form is not None and 400 <= answer.status_code < 500:  # noqa: PLR2004  # RFC 6749, 5.2
            raise IssuerRefusedError(address)
        if answer.status_code != 200 or not isinstance(told, dict):  # noqa: PLR2004
            _log.warning("issuer_unreachable", url=address, reason=answer.status_code)
            raise IssuerDownError(address)
        return told
