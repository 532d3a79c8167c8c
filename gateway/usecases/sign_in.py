"""A person signs in: password, then a code if the account has one; wrong, unknown and locked are answered alike."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

import pyotp

from gateway.models import Account, AccountSession
from gateway.rules import account as rules
from gateway.rules.account import Lockout, Tries
from gateway.rules.client import AccountStatus
from gateway.store import account as store
from shared.db.transaction import Transaction
from shared.kernel.ids import new_id

_TOKEN_BYTES = 32
_BROWSER_LENGTH = 200
CODE_SECONDS = 30
_STEPS_LATE = 1


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a browser is given.

    Attributes:
        token: of the session, shown to the browser alone.
        waits_for_code: whether a code must follow before anything can be done with it.
    """

    token: str
    waits_for_code: bool


def token_hash(token: str) -> bytes:
    """Return what is kept of a session's token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


async def seen(tx: Transaction, login: str) -> str | None:
    """Return the hash that a password is held against; the hashing itself waits for no lock."""
    held = await store.of_login(tx, login)
    return None if held is None else held.password_hash


async def sign_in(
    tx: Transaction,
    login: str,
    *,
    is_right: bool,
    against: str | None,
    browser: str,
    lockout: Lockout,
    renewed: str | None = None,
) -> SignedIn | None:
    """Begin a session, or None; every try leaves an audit row.

    Args:
        tx: the transaction.
        login: as it was typed, folded.
        is_right: whether the password matches `against`.
        against: the hash it was held against.
        browser: what the browser calls itself.
        lockout: when trying has to stop.
        renewed: a new hash of the same password, where the old one was made with parameters of another time.
    """
    held = await store.lock_login(tx, login)
    if held is None:
        tx.audit("session.refused", subject="account/-", outcome="refused", detail={"reason": "unknown"})
        return None
    reason = _refusal(held, tx, is_right=is_right and held.password_hash == against)
    if reason is not None:
        if reason == "wrong":
            _note_wrong(tx, held, lockout)
        tx.audit("session.refused", subject=f"account/{held.id}", outcome="refused", detail={"reason": reason})
        return None
    held.failed_tries, held.locked_until_at = 0, None
    if renewed is not None:
        held.password_hash = renewed
        tx.audit("account.password_rehashed", subject=f"account/{held.id}")
    return begin_session(tx, held, browser=browser, waits_for_code=held.has_second_factor)


def begin_session(tx: Transaction, held: Account, *, browser: str, waits_for_code: bool) -> SignedIn:
    """Begin a session of a person who has proven themselves, or has done so but for a second factor."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    session = AccountSession(
        id=new_id(),
        account_id=held.id,
        token_sha256=token_hash(token),
        waits_for_code=waits_for_code,
        browser=browser[:_BROWSER_LENGTH],
        began_at=tx.now,
        seen_at=tx.now,
    )
    tx.session.add(session)
    told = {"session": str(session.id), "waits_for_code": waits_for_code}
    tx.audit("session.began", subject=f"account/{held.id}", detail=told)
    return SignedIn(token, waits_for_code)


def complete_session(tx: Transaction, session: AccountSession, account: Account) -> None:
    """Let a session live whose second factor was given."""
    account.failed_tries = 0
    session.waits_for_code = False
    tx.audit("session.completed", subject=f"account/{account.id}", detail={"session": str(session.id)})


def is_closed(tx: Transaction, held: Account) -> bool:
    """Tell whether nobody may sign in to an account now, whatever they prove."""
    return _refusal(held, tx, is_right=True) is not None


async def give_code(tx: Transaction, token: str, code: str, *, lockout: Lockout) -> bool:
    """Complete a session by the code of the account; each code counts once, wrong ones count as wrong passwords."""
    found = await store.of_token(tx, token_hash(token))
    if found is None or not found[0].waits_for_code:
        return False
    session, account = found[0], await store.lock(tx, found[1].id)
    if account is None or _refusal(account, tx, is_right=True) is not None:
        return False
    if not use_code(account, code, int(tx.now.timestamp())):
        _note_wrong(tx, account, lockout)
        tx.audit("session.refused", subject=f"account/{account.id}", outcome="refused", detail={"reason": "code"})
        return False
    complete_session(tx, session, account)
    return True


def use_code(account: Account, code: str, now_s: int) -> bool:
    """Tell whether a code is the account's, of now or one step late, and take it: the same code counts once.

    Source: RFC 6238, section 5.2.
    """
    secret = account.code_secret
    if secret is None or not (code.isascii() and code.isdigit()):
        return False
    codes = pyotp.TOTP(secret.reveal(), interval=CODE_SECONDS)
    step = now_s // CODE_SECONDS
    for late in range(_STEPS_LATE + 1):
        if step - late > account.code_step and secrets.compare_digest(codes.at(now_s - late * CODE_SECONDS), code):
            account.code_step = step - late
            return True
    return False


def _refusal(held: Account, tx: Transaction, *, is_right: bool) -> str | None:
    if rules.is_locked(_tries(held), tx.now):
        return "locked"
    if not is_right:
        return "wrong"
    return "suspended" if held.status is not AccountStatus.ACTIVE else None


def _tries(held: Account) -> Tries:
    return Tries(held.failed_tries, held.locked_until_at)


def _note_wrong(tx: Transaction, held: Account, lockout: Lockout) -> None:
    after = rules.after_wrong(_tries(held), tx.now, lockout)
    held.failed_tries, held.locked_until_at = after.failed, after.locked_until_at


def lockout_of(tries: int, minutes: int) -> Lockout:
    """Return the lock-out that the settings name."""
    return Lockout(tries, timedelta(minutes=minutes))
