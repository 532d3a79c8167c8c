"""Who looks at a page: a person of a body, with a session and a token of their own."""

from dataclasses import dataclass

from shared.kernel.actor import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A person who has signed in.

    Attributes:
        account_id: of the person.
        name: as the pages greet them.
        role: what kind of body they act for.
        party: unified social credit code of the body, None where the role has none.
        unit_id: reporting unit, None where the role has none.
        scopes: what their token allows.
        token: access token; it never leaves the server.
        secret: of the session, behind the tokens of its forms.
    """

    account_id: str
    name: str
    role: Role
    party: str | None
    unit_id: str | None
    scopes: frozenset[str]
    token: str
    secret: bytes
