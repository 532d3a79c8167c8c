"""Gives access tokens to clients that prove who they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from joserfc import jws

from gateway.models import Account, Client
from gateway.rules import client as rules
from gateway.rules import signing_key as key_rules
from gateway.rules.account import subject_of
from gateway.rules.client import OAuthError
from gateway.store import client as store
from gateway.usecases.client_secret import matches
from gateway.usecases.signing_key import Keyring
from shared.db.transaction import Transaction
from shared.kernel.holding import colleague_audience
from shared.kernel.ids import new_id

ALGORITHM = "ES256"


@dataclass(frozen=True, slots=True)
class Issuance:
    """A token, or the error word of RFC 6749."""

    token: str | None = None
    scopes: tuple[str, ...] = ()
    lifetime_s: int = 0
    error: OAuthError | None = None


async def issue(
    tx: Transaction,
    ring: Keyring,
    *,
    client_id: str,
    secret: str,
    scope: str | None,
    issuer: str,
    audience: str,
    lifetime_s: int,
) -> Issuance:
    """Give a token to the client if the secret is its own.

    A wrong secret and an unknown client give the same answer after the same time; both are audited.
    """
    client = await store.find(tx, client_id)
    subject = f"client/{client_id[:64]}"
    if not await matches(secret, client.secret_hash if client else None) or client is None:
        tx.audit("token.refused", subject=subject, outcome="refused", detail={"error": "invalid_client"})
        return Issuance(error=OAuthError.INVALID_CLIENT)
    grant = rules.grant(
        status=client.status, held=client.scopes, asked=scope, now=tx.now, lifetime=timedelta(seconds=lifetime_s)
    )
    if grant.error is not None:
        tx.audit("token.refused", subject=subject, outcome="refused", detail={"error": grant.error.value})
        return Issuance(error=grant.error)
    tx.audit("token.issued", subject=subject, detail={"scopes": list(grant.scopes)})
    token = _sign(ring, client, grant, subject=client.client_id, issuer=issuer, audience=audience, now=tx.now)
    return Issuance(token, grant.scopes, lifetime_s)


def sign_person(
    ring: Keyring,
    account: Account,
    session_id: UUID,
    *,
    issuer: str,
    audience: str,
    now: datetime,
    lifetime: timedelta,
    scopes: Sequence[str] | None = None,
) -> str:
    """Return an access token of a person; it says who and for whom as a client's does, and holds no name.

    Args:
        ring: the keys.
        account: the person.
        session_id: of the person.
        issuer: who makes it.
        audience: who believes it.
        now: the instant.
        lifetime: of the token.
        scopes: of the token; None for all of the person's.
    """
    grant = rules.Grant(tuple(sorted(account.scopes if scopes is None else scopes)), now, now + lifetime)
    said = {"issuer": issuer, "audience": audience, "session_id": str(session_id)}
    return _sign(ring, account, grant, subject=subject_of(account.id), now=now, **said)


def sign_colleague(
    ring: Keyring, account: Account, *, issuer: str, audience: str, now: datetime, lifetime: timedelta
) -> str:
    """Return a ticket that tells a service for whom a person acts: cases may be handed over to them, nothing else."""
    grant = rules.Grant((), now, now + lifetime)
    told = colleague_audience(audience)
    return _sign(ring, account, grant, subject=subject_of(account.id), now=now, issuer=issuer, audience=told)


def _sign(
    ring: Keyring,
    body: Client | Account,
    grant: rules.Grant,
    *,
    subject: str,
    issuer: str,
    audience: str,
    now: datetime,
    session_id: str | None = None,
) -> str:
    period = key_rules.signing(ring.periods, now)
    if period is None:
        raise LookupError("no key signs now: the job that keeps the keys stands still")
    claims = {
        "iss": issuer,
        "sub": subject,
        "aud": audience,
        "iat": int(grant.issued_at.timestamp()),
        "nbf": int(grant.issued_at.timestamp()),
        "exp": int(grant.expires_at.timestamp()),
        "jti": str(new_id()),
        "scope": " ".join(grant.scopes),
        "role": body.role.value,
        "party": body.party,
        "unit": body.unit_id,
        "sid": session_id,
    }
    said = {name: value for name, value in claims.items() if value is not None}
    return jws.serialize_compact(
        {"alg": ALGORITHM, "kid": period.kid, "typ": "JWT"}, orjson.dumps(said), ring.keys[period.kid]
    )
