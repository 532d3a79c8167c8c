"""The authorization code with PKCE (RFC 6749, RFC 7636): a person's session lets a frontend call in their name.

A code is exchanged once, a refresh token for the next one. Either of them a second time means that somebody else has
it too, and ends what was granted. Nothing is given any more once the session has ended that it came from.
"""

import base64
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from gateway.models import Account, AuthorizationGrant, RefreshToken
from gateway.rules import account as rules
from gateway.rules.client import AccountStatus
from gateway.store import account as accounts
from gateway.store import authorization as store
from gateway.usecases.session import Limits
from gateway.usecases.sign_in import token_hash
from shared.db.transaction import Transaction
from shared.kernel.ids import new_id

_BYTES = 32
_CODE_LIFETIME = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a frontend asks of a person.

    Attributes:
        client_id: of the frontend.
        redirect_uri: where the code goes, one of those that it registered.
        scopes: a part of the person's own.
        challenge: SHA-256 of the verifier that the frontend keeps, in base64url.
    """

    client_id: str
    redirect_uri: str
    scopes: Collection[str]
    challenge: str


@dataclass(frozen=True, slots=True)
class Granted:
    """What a frontend is given.

    Attributes:
        account: in whose name it calls.
        session_id: of the person.
        scopes: that it may use, as far as the person still has them.
        refresh_token: exchanged for the next one.
    """

    account: Account
    session_id: UUID
    scopes: tuple[str, ...]
    refresh_token: str


async def issue_code(tx: Transaction, account_id: UUID, session_id: UUID, asked: Asked) -> str:
    """Return a code that the frontend exchanges once, within a minute."""
    code = secrets.token_urlsafe(_BYTES)
    grant = AuthorizationGrant(
        id=new_id(),
        account_id=account_id,
        session_id=session_id,
        client_id=asked.client_id,
        redirect_uri=asked.redirect_uri,
        scopes=sorted(asked.scopes),
        challenge=asked.challenge,
        code_sha256=token_hash(code),
        code_ends_at=tx.now + _CODE_LIFETIME,
        created_at=tx.now,
    )
    tx.session.add(grant)
    tx.audit("authorization.granted", subject=f"account/{account_id}", detail=_told(grant))
    return code


async def redeem(
    tx: Transaction, client_id: str, code: str, *, redirect_uri: str, verifier: str, limits: Limits
) -> Granted | None:
    """Exchange a code, None if it is not the frontend's, has ended, or its verifier is another."""
    grant = await store.lock_code(tx, token_hash(code))
    if grant is None or grant.client_id != client_id:
        return None
    if grant.code_used_at is not None:
        _revoke(tx, grant)
        return None
    grant.code_used_at = tx.now
    is_same = grant.redirect_uri == redirect_uri and hmac.compare_digest(challenge_of(verifier), grant.challenge)
    if not is_same or tx.now >= grant.code_ends_at:
        return None
    return await _granted(tx, grant, limits)


async def refresh(tx: Transaction, client_id: str, token: str, *, limits: Limits) -> Granted | None:
    """Exchange a refresh token for the next one, None if it is not the frontend's or the person has left."""
    found = await store.lock_refresh(tx, token_hash(token))
    if found is None or found[1].client_id != client_id:
        return None
    held, grant = found
    if held.used_at is not None:
        _revoke(tx, grant)
        return None
    held.used_at = tx.now
    return await _granted(tx, grant, limits)


def challenge_of(verifier: str) -> str:
    """Return the challenge of a verifier (RFC 7636, section 4.2, S256)."""
    digest = sha256(verifier.encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


async def _granted(tx: Transaction, grant: AuthorizationGrant, limits: Limits) -> Granted | None:
    found = await accounts.of_session(tx, grant.session_id, grant.account_id)
    if found is None or grant.revoked_at is not None:
        return None
    session, account = found
    ends_at = rules.session_ends_at(session.began_at, session.seen_at, idle=limits.idle, longest=limits.longest)
    if tx.now >= ends_at or account.status is not AccountStatus.ACTIVE:
        return None
    session.seen_at = tx.now
    token = secrets.token_urlsafe(_BYTES)
    tx.session.add(RefreshToken(token_sha256=token_hash(token), grant_id=grant.id, made_at=tx.now))
    scopes = tuple(sorted(set(grant.scopes) & set(account.scopes)))
    return Granted(account, session.id, scopes, token)


def _revoke(tx: Transaction, grant: AuthorizationGrant) -> None:
    if grant.revoked_at is None:
        grant.revoked_at = tx.now
        subject = f"account/{grant.account_id}"
        tx.audit("authorization.revoked", subject=subject, outcome="refused", detail=_told(grant))


def _told(grant: AuthorizationGrant) -> dict[str, object]:
    return {"grant": str(grant.id), "client": grant.client_id, "scopes": grant.scopes}
