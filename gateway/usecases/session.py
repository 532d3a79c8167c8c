"""Sessions of people: who is behind a browser's token, and the access token with which their pages call the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from gateway.models import Account, AccountSession
from gateway.rules import account as rules
from gateway.rules.account import SessionEnd
from gateway.rules.client import AccountStatus
from gateway.settings import GatewaySettings
from gateway.store import account as store
from gateway.usecases.sign_in import token_hash
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND

_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lives.

    Attributes:
        idle: without a look at a page.
        longest: at all.
    """

    idle: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Present:
    """A person with a session that lives.

    Attributes:
        session: its row.
        account: whose it is.
        must_note: whether it is time to write down that it was seen.
    """

    session: AccountSession
    account: Account
    must_note: bool


def limits_of(settings: GatewaySettings) -> Limits:
    """Return how long the settings let sessions live."""
    return Limits(timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_longest_hours))


async def find(tx: Transaction, token: str, limits: Limits) -> Present | None:
    """Return the person behind a browser's token, None where the session has ended or waits for a code.

    What a person may do is read with every look: a suspended account is out at once.
    """
    found = await store.of_token(tx, token_hash(token))
    if found is None:
        return None
    session, account = found
    ends_at = rules.session_ends_at(session.began_at, session.seen_at, idle=limits.idle, longest=limits.longest)
    if tx.now >= ends_at or account.status is not AccountStatus.ACTIVE:
        return None
    return Present(session, account, tx.now - session.seen_at >= _SEEN_EVERY)


async def waiting(tx: Transaction, token: str) -> Account | None:
    """Return the person whose session waits for a second factor, None where none waits."""
    found = await store.of_token(tx, token_hash(token))
    return None if found is None or not found[0].waits_for_code else found[1]


async def note_seen(tx: Transaction, token: str) -> None:
    """Write down that a session was used; to the minute is enough."""
    found = await store.of_token(tx, token_hash(token))
    if found is not None:
        found[0].seen_at = tx.now


async def open_of(tx: Transaction, account_id: UUID, limits: Limits) -> Sequence[AccountSession]:
    """Return the sessions of a person that live, newest first."""
    held = await store.open_sessions(tx, account_id, tx.now - limits.longest)
    return [one for one in held if one.seen_at + limits.idle > tx.now]


async def last_before(tx: Transaction, account_id: UUID, session_id: UUID) -> datetime | None:
    """Return when a person signed in before the present session, None where they never did."""
    return await store.session_before(tx, account_id, session_id)


async def end(tx: Transaction, account_id: UUID, session_id: UUID, why: SessionEnd) -> None:
    """End one session of a person.

    Raises:
        Refusal: `not_found` for another's, or one that has ended.
    """
    for one in await store.open_sessions(tx, account_id, datetime.min.replace(tzinfo=tx.now.tzinfo)):
        if one.id == session_id:
            _end(tx, one, why)
            return
    raise Refusal(NOT_FOUND, noun="session")


async def end_all(tx: Transaction, account_id: UUID, why: SessionEnd, *, but: UUID | None = None) -> int:
    """End every session of a person but one; return how many were ended."""
    held = await store.open_sessions(tx, account_id, datetime.min.replace(tzinfo=tx.now.tzinfo))
    ended = [one for one in held if one.id != but]
    for one in ended:
        _end(tx, one, why)
    return len(ended)


def _end(tx: Transaction, session: AccountSession, why: SessionEnd) -> None:
    session.ended_at, session.ended_by = tx.now, why
    tx.audit(
        "session.ended", subject=f"account/{session.account_id}", detail={"session": str(session.id), "why": why.value}
    )
