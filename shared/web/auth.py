"""Verifies an access token itself, with the issuer's public key: no service trusts the gateway's word for a caller."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.util import urlsafe_b64decode

from shared.kernel.actor import Actor, Role
from shared.kernel.clock import Clock
from shared.kernel.errors import Refusal
from shared.kernel.holding import colleague_audience
from shared.kernel.refusals import TOKEN_INVALID, TOKEN_MISSING, UNAVAILABLE
from shared.web.jwks import KeySource, KeysUnavailableError

ALGORITHM = "ES256"
MAX_TOKEN_BYTES = 8_192
SKEW_S = 10
_MAX_KNOWN_TOKENS = 4_096
_MAX_KID_LENGTH = 128
_EPOCH_LIMIT = 1 << 40


@dataclass(frozen=True, slots=True)
class TokenTold:
    """What a verified token tells beside its caller.

    Attributes:
        expires_at: when it ends.
        session_id: the person's session that it was made from, None for a client's token.
    """

    expires_at: datetime
    session_id: str | None


@dataclass(frozen=True, slots=True)
class _Known:
    actor: Actor
    not_after: float
    generation: int
    session_id: str | None = None


class TokenVerifier:
    """Checks signature, issuer, audience and times of a token once and remembers it until it expires.

    Only ES256 with a key of the configured issuer is believed; `jku`, `jwk`, `x5u` and the like in a token's header
    are never followed. Ten seconds of clock skew are forgiven in either direction.
    """

    def __init__(self, keys: KeySource, *, issuer: str, audience: str, clock: Clock) -> None:
        """Remember whose tokens are believed."""
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._clock = clock
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def verify(self, authorization: str | None) -> Actor:
        """Return the caller that an `Authorization` header proves.

        Raises:
            Refusal: `token_missing`, `token_invalid`, or `unavailable` while the issuer's keys cannot be fetched.
        """
        token = _bearer(authorization)
        if token is None:
            raise Refusal(TOKEN_MISSING)
        now = self._clock.now()
        known = self._still_known(token, now)
        if known is not None:
            return known
        claims = await self._claims(token)
        actor, not_after = self._judge(claims, now)
        session_id = claims.get("sid")
        told = session_id if isinstance(session_id, str) else None
        self._known[token] = _Known(actor, not_after, self._keys.generation, told)
        while len(self._known) > _MAX_KNOWN_TOKENS:
            self._known.popitem(last=False)
        return actor

    async def colleague(self, ticket: str) -> Actor:
        """Return the person that a ticket of `GET /v1/colleagues` tells of; an access token is none, nor is it one.

        Raises:
            Refusal: as `verify`.
        """
        actor, _ = self._judge(
            await self._claims(ticket), self._clock.now(), audience=colleague_audience(self._audience)
        )
        return actor

    def known(self, authorization: str) -> Actor | None:
        """Return the caller whose token was verified before and is still good; None: `verify` is to be asked."""
        token = _bearer(authorization)
        return None if token is None else self._still_known(token, self._clock.now())

    def told(self, authorization: str) -> TokenTold:
        """Return what a token tells beside its caller, who was verified in this call.

        Raises:
            Refusal: `token_invalid` if it ended meanwhile.
        """
        token = _bearer(authorization)
        held = None if token is None else self._known.get(token)
        if held is None:
            raise Refusal(TOKEN_INVALID)
        return TokenTold(datetime.fromtimestamp(held.not_after - SKEW_S, UTC), held.session_id)

    def _still_known(self, token: str, now: datetime) -> Actor | None:
        known = self._known.get(token)
        if known is None or known.generation != self._keys.generation or now.timestamp() >= known.not_after:
            return None
        self._known.move_to_end(token)
        return known.actor

    async def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > MAX_TOKEN_BYTES or not token.isascii() or token.count(".") != 2:  # noqa: PLR2004  # header.payload.signature
            raise Refusal(TOKEN_INVALID)
        try:
            header = orjson.loads(urlsafe_b64decode(token.partition(".")[0].encode()))
        except ValueError:
            raise Refusal(TOKEN_INVALID) from None
        kid = header.get("kid") if isinstance(header, dict) else None
        if not isinstance(kid, str) or len(kid) > _MAX_KID_LENGTH or header.get("alg") != ALGORITHM or "crit" in header:
            raise Refusal(TOKEN_INVALID)
        try:
            key = await self._keys.find(kid)
        except KeysUnavailableError:
            raise Refusal(UNAVAILABLE) from None
        if key is None:
            raise Refusal(TOKEN_INVALID)
        try:
            payload = jws.deserialize_compact(token, key, algorithms=[ALGORITHM]).payload
            claims = orjson.loads(payload)
        except (JoseError, ValueError):
            raise Refusal(TOKEN_INVALID) from None
        if not isinstance(claims, dict):
            raise Refusal(TOKEN_INVALID)
        return claims

    def _judge(self, claims: dict[str, Any], now: datetime, *, audience: str | None = None) -> tuple[Actor, float]:
        """Return the actor and the second after which the token must be judged anew."""
        told = claims.get("aud")
        audiences = told if isinstance(told, list) else [told]
        if claims.get("iss") != self._issuer or (audience or self._audience) not in audiences:
            raise Refusal(TOKEN_INVALID)
        at = now.timestamp()
        expires, issued, not_before = (_second(claims, "exp"), _second(claims, "iat"), claims.get("nbf"))
        if expires is None or issued is None or expires + SKEW_S <= at or issued - SKEW_S > at:
            raise Refusal(TOKEN_INVALID)
        if not_before is not None and ((begin := _second(claims, "nbf")) is None or begin - SKEW_S > at):
            raise Refusal(TOKEN_INVALID)
        return _actor(claims), expires + SKEW_S


def _bearer(authorization: str | None) -> str | None:
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() if token and scheme.lower() == "bearer" else None


def _second(claims: dict[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < _EPOCH_LIMIT:
        return None
    return float(value)


def _actor(claims: dict[str, Any]) -> Actor:
    client_id, scope = claims.get("sub"), claims.get("scope", "")
    party, unit = claims.get("party"), claims.get("unit")
    texts_only = all(value is None or isinstance(value, str) for value in (party, unit))
    if not isinstance(client_id, str) or not client_id or not isinstance(scope, str) or not texts_only:
        raise Refusal(TOKEN_INVALID)
    try:
        role = Role(str(claims.get("role")))
    except ValueError:
        raise Refusal(TOKEN_INVALID) from None
    if role is Role.SYSTEM:  # a service acts as itself, never through a token
        raise Refusal(TOKEN_INVALID)
    return Actor(client_id=client_id, role=role, scopes=frozenset(scope.split()), party=party, unit_id=unit)
