"""Who acts: the words of an access token that rules and stores need for the row scope."""

from dataclasses import dataclass
from enum import StrEnum

from shared.kernel.errors import Refusal
from shared.kernel.refusals import FORBIDDEN_ROLE


class Role(StrEnum):
    """What kind of body a client acts for; bodies change their names, roles do not."""

    ENTERPRISE = "enterprise"
    BANK = "bank"
    AGENCY = "agency"
    DISTRICT = "district"
    CITY = "city"
    FUND_MANAGER = "fund_manager"
    IP_CENTRE = "ip_centre"
    AUDITOR = "auditor"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """The verified caller of one request, or the service itself in a job or a handler.

    Attributes:
        client_id: OAuth client, also the tenant of idempotency keys.
        role: what kind of body it acts for.
        scopes: granted scopes.
        party: unified social credit code of the enterprise, bank or agency it acts for.
        unit_id: reporting unit of a district client.
    """

    client_id: str
    role: Role
    scopes: frozenset[str] = frozenset()
    party: str | None = None
    unit_id: str | None = None

    def party_as(self, role: Role) -> str:
        """Return the code of the body that this actor acts for in `role`.

        Raises:
            Refusal: `forbidden_role` for any other role, or a client without a party.
        """
        if self.role is not role or self.party is None:
            raise Refusal(FORBIDDEN_ROLE)
        return self.party


def system_actor(service: str) -> Actor:
    """Return the actor under which `service` itself acts in jobs and handlers."""
    return Actor(client_id=f"system:{service}", role=Role.SYSTEM)
