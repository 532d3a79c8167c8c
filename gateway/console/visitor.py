"""Who looks at a page: a person of a body, with a session and a token of their own."""

from dataclasses import dataclass
from uuid import UUID

from gateway.rules.account import subject_of
from shared.kernel.actor import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A person who has signed in.

    Attributes:
        account_id: of the person.
        session_id: of this sign-in.
        name: as the pages greet them.
        login: as they sign in.
        role: what kind of body they act for.
        party: unified social credit code of the body, None where the role has none.
        unit_id: reporting unit, None where the role has none.
        scopes: what their token allows.
        token: access token; it never leaves the server.
        secret: of the session, behind the tokens of its forms.
        must_change: whether the password is a first one, which opens nothing but its own change.
        has_codes: whether codes count.
        passkeys: how many they have.
    """

    account_id: UUID
    session_id: UUID
    name: str
    login: str
    role: Role
    party: str | None
    unit_id: str | None
    scopes: frozenset[str]
    token: str
    secret: bytes
    must_change: bool = False
    has_codes: bool = False
    passkeys: int = 0

    @property
    def subject(self) -> str:
        """How tokens and the audit name the person."""
        return subject_of(self.account_id)
