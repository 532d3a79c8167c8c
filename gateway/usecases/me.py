"""Who a verified caller is: a person with an account and a session, or a client."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.rules import account as rules
from gateway.rules.account import CallerKind
from gateway.store import account as accounts
from gateway.store import client as clients
from gateway.usecases.session import Limits
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.kernel.personal import Personal
from shared.kernel.refusals import TOKEN_INVALID


@dataclass(frozen=True, slots=True)
class Known:
    """What is kept of a caller.

    Attributes:
        kind: person or client.
        name_zh: of the person, or the client's Chinese title; `name_en` likewise.
        login: of a person.
        session_ends_at: when the person's session ends by itself, None for a client.
    """

    kind: CallerKind
    name_zh: str
    name_en: str
    login: str | None = None
    session_ends_at: datetime | None = None


async def find(tx: Transaction, subject: str, session_id: str | None, limits: Limits) -> Known:
    """Return what is kept of a caller.

    Raises:
        Refusal: `token_invalid` if the account, the client or the person's session is gone since the token was made.
    """
    account_id = rules.person_of(subject)
    if account_id is None:
        client = await clients.find(tx, subject)
        if client is None:
            raise Refusal(TOKEN_INVALID)
        return Known(CallerKind.CLIENT, client.title_zh, client.title_en)
    found = None if session_id is None else await accounts.of_session(tx, UUID(session_id), account_id)
    if found is None:
        raise Refusal(TOKEN_INVALID)
    session, account = found
    ends_at = rules.session_ends_at(session.began_at, session.seen_at, idle=limits.idle, longest=limits.longest)
    name: Personal = account.name
    return Known(CallerKind.PERSON, name.reveal(), name.reveal(), account.login, ends_at)
