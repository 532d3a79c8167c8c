"""Who looks at a page: the session that the browser proves, and the person's access token, which stays here."""

import base64
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import Response

from gateway.console.visitor import Visitor
from gateway.models import Account
from gateway.settings import GatewaySettings
from gateway.usecases import session as sessions
from gateway.usecases.session import limits_of
from gateway.usecases.sign_in import token_hash
from gateway.usecases.token import sign_person
from shared.kernel.actor import system_actor

COOKIE = "__Host-console"
FORM_COOKIE = "__Host-form"
_KNOWN_AT_MOST = 4_096


@dataclass(frozen=True, slots=True)
class _Minted:
    token: str
    until: datetime
    says: tuple[object, ...]


class SignedIn:
    """Knows people by their sessions.

    An access token is minted when it is needed and used again for half of its life, as long as the account says the
    same: it is the session that is asked each time, so that one that ended is out at once.
    """

    def __init__(self, state: State) -> None:
        """Remember where sessions and keys are.

        Args:
            state: of the application.
        """
        self._state = state
        self._minted: OrderedDict[bytes, _Minted] = OrderedDict()
        self._own = secrets.token_bytes(32)

    async def visitor(self, request: Request) -> Visitor | None:
        """Return the person whose session the browser proves, None without one."""
        token = request.cookies.get(COOKIE)
        if not token:
            return None
        state, limits = self._state, limits_of(self._state.settings)
        async with state.db.transaction(actor=system_actor("gateway"), clock=state.clock, read_only=True) as tx:
            found = await sessions.find(tx, token, limits)
            tx.session.expunge_all()
        if found is None or found.session.waits_for_code:
            return None
        if found.must_note:
            async with state.db.transaction(actor=system_actor("gateway"), clock=state.clock) as tx:
                await sessions.note_seen(tx, token)
        account = found.account
        return Visitor(
            account_id=account.id,
            session_id=found.session.id,
            name=account.name.reveal(),
            login=account.login,
            role=account.role,
            party=account.party,
            unit_id=account.unit_id,
            scopes=frozenset(account.scopes),
            token=self._token(token_hash(token), account, found.session.id),
            secret=session_secret(token),
            must_change=account.must_change,
            has_codes=account.code_confirmed,
            passkeys=account.passkeys,
        )

    def secret(self, request: Request) -> bytes:
        """Return what the forms of a browser without a session are proven by: its own cookie of the first page."""
        kept = request.cookies.get(FORM_COOKIE) or request.cookies.get(COOKIE)
        if kept is None:
            request.scope["console_new_form_cookie"] = kept = secrets.token_urlsafe(32)
        return hmac.digest(self._form_key(), kept.encode("utf-8", "surrogatepass"), sha256)

    def give(self, request: Request, answer: Response) -> None:
        """Let the browser keep what proves its forms, if it does not yet."""
        made = request.scope.get("console_new_form_cookie")
        if made is not None:
            answer.set_cookie(FORM_COOKIE, made, path="/", secure=True, httponly=True, samesite="lax")

    def _form_key(self) -> bytes:
        key = self._state.settings.personal_data_key
        return self._own if key is None else base64.b64decode(key.get_secret_value())

    def _token(self, session: bytes, account: Account, session_id: UUID) -> str:
        state = self._state
        settings: GatewaySettings = state.settings
        now = state.clock.now()
        says = (account.role, account.party, account.unit_id, tuple(account.scopes), state.keyring.generation)
        held = self._minted.get(session)
        if held is None or held.until <= now or held.says != says:
            lifetime = timedelta(seconds=settings.token_lifetime_s)
            token = sign_person(
                state.keyring,
                account,
                session_id,
                issuer=settings.issuer,
                audience=settings.audience,
                now=now,
                lifetime=lifetime,
            )
            self._minted[session] = held = _Minted(token, now + lifetime / 2, says)
            while len(self._minted) > _KNOWN_AT_MOST:
                self._minted.popitem(last=False)
        return held.token


def session_secret(token: str) -> bytes:
    """Return what the forms of a session are proven by; not the token itself."""
    return sha256(b"console session " + token.encode("utf-8", "surrogatepass")).digest()
