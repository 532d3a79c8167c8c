"""Sign-in by another issuer: its ID token is checked, its subject bound to an account by an administrator."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gateway.models import AccountIdentity
from gateway.rules import account_act as act_rules
from gateway.rules.account_act import IDENTITY_TAKEN
from gateway.store import account as accounts
from gateway.store import account_identity as store
from gateway.usecases import account as usecases
from gateway.usecases import sign_in as signing_in
from gateway.usecases.sign_in import SignedIn
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.kernel.refusals import NOT_FOUND

_SKEW_S = 10
_LARGEST_TOKEN = 16_384
_SUBJECT_LENGTH = 200


class IdTokenError(Exception):
    """An ID token does not prove who signed in."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token must say.

    Attributes:
        issuer: who made it.
        client_id: whom it was made for.
        nonce: of the browser that was sent to sign in.
        algorithm: the only one that is believed.
    """

    issuer: str
    client_id: str
    nonce: str
    algorithm: str


def subject_of(token: str, keys: Sequence[dict[str, Any]], expected: Expected, now: datetime) -> str:
    """Return whom an ID token proves.

    Raises:
        IdTokenError: it proves nobody: another key, algorithm, issuer, audience or nonce, or its time is over.

    Source: OpenID Connect Core 1.0, section 3.1.3.7.
    """
    if len(token) > _LARGEST_TOKEN or not token.isascii():
        raise IdTokenError("too long")
    try:
        ring = KeySet.import_key_set({"keys": list(keys)})
        payload = jws.deserialize_compact(token, ring, algorithms=[expected.algorithm]).payload
        claims = orjson.loads(payload)
    except (JoseError, ValueError, KeyError, TypeError):
        raise IdTokenError("its signature is not the issuer's") from None
    if not isinstance(claims, dict):
        raise IdTokenError("no claims")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    ours = expected.client_id in audiences and claims.get("azp", expected.client_id) == expected.client_id
    if claims.get("iss") != expected.issuer or not ours or (len(audiences) > 1 and "azp" not in claims):
        raise IdTokenError("it is of another issuer, or for another client")
    nonce, at = claims.get("nonce"), now.timestamp()
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise IdTokenError("it answers another browser")
    expires, issued = _second(claims.get("exp")), _second(claims.get("iat"))
    if expires is None or issued is None or expires + _SKEW_S <= at or issued - _SKEW_S > at:
        raise IdTokenError("its time is over, or has not come")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _SUBJECT_LENGTH or not subject.isprintable():
        raise IdTokenError("it names nobody")
    return subject


async def sign_in(tx: Transaction, issuer: str, subject: str, *, browser: str) -> SignedIn | None:
    """Begin a session of the account that a subject is bound to; a second factor of ours is asked for all the same."""
    identity = await store.find(tx, issuer, subject)
    account = None if identity is None else await accounts.lock(tx, identity.account_id)
    if account is None or signing_in.is_closed(tx, account):
        named = "account/-" if account is None else f"account/{account.id}"
        tx.audit("session.refused", subject=named, outcome="refused", detail={"reason": "issuer"})
        return None
    return signing_in.begin_session(tx, account, browser=browser, waits_for_code=account.has_second_factor)


async def bind(tx: Transaction, account_id: UUID, issuer: str, subject: str) -> None:
    """Let a subject of an issuer sign in to an account.

    Raises:
        Refusal: `not_found`, `account_is_own`, `issuer_not_set`, `identity_taken`.
    """
    held = await usecases.held_of(tx, account_id)
    act_rules.bindable(usecases.standing(tx, held, has_issuer=bool(issuer)))
    if await store.lock(tx, issuer, subject) is not None:
        raise Refusal(IDENTITY_TAKEN, pointer="/subject")
    identity = AccountIdentity(id=new_id(), account_id=account_id, issuer=issuer, subject=subject, bound_at=tx.now)
    tx.session.add(identity)
    tx.audit("account.identity_bound", subject=f"account/{account_id}", detail={"identity": str(identity.id)})


async def release(tx: Transaction, account_id: UUID, identity_id: UUID) -> None:
    """Let a subject sign in to an account no more; its open sessions stay, `end_sessions` ends them.

    Raises:
        Refusal: `not_found`, `account_is_own`.
    """
    held = await usecases.held_of(tx, account_id)
    act_rules.anothers(usecases.standing(tx, held))
    if not await store.remove(tx, account_id, identity_id):
        raise Refusal(NOT_FOUND, noun="identity")
    tx.audit("account.identity_released", subject=f"account/{account_id}", detail={"identity": str(identity_id)})


def _second(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
