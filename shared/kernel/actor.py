"""Who acts: the words of an access token that rules and stores need for the row scope."""

from collections.abc import Collection
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
    OPERATOR = "operator"
    SYSTEM = "system"


_BODIES: dict[Role, tuple[str, str]] = {
    Role.ENTERPRISE: ("企业本身", "the enterprise itself"),
    Role.BANK: ("合作银行", "the partner bank"),
    Role.AGENCY: ("技术转移服务机构", "the technology transfer agency"),
    Role.DISTRICT: ("所在区县科技主管部门", "the district's science and technology office"),
    Role.CITY: ("市科技主管部门", "the city's science and technology bureau"),
    Role.FUND_MANAGER: ("风险补偿基金管理人", "the manager of the risk-compensation fund"),
    Role.IP_CENTRE: ("知识产权保护中心", "the intellectual property protection centre"),
    Role.AUDITOR: ("审计部门", "the auditor"),
    Role.OPERATOR: ("平台运维方", "the operator of the platform"),
}


def left_to(*roles: Role, pointer: str | None = None) -> Refusal:
    """Return the refusal of a role, which names the bodies that may act instead.

    Args:
        roles: of those bodies; a service itself is none that a person could turn to.
        pointer: JSON pointer of the field at fault, if one is.
    """
    bodies = [names for role, names in _BODIES.items() if role in roles]
    zh, en = "、".join(one for one, _ in bodies), " or ".join(one for _, one in bodies)
    return Refusal(FORBIDDEN_ROLE, pointer=pointer, bodies_zh=zh, bodies_en=en)


def check_role(role: Role, allowed: Collection[Role], *, pointer: str | None = None) -> None:
    """Refuse a step to a role that may not take it, whatever its scopes; who may is said from the same list.

    Raises:
        Refusal: `forbidden_role`.
    """
    if role not in allowed:
        raise left_to(*allowed, pointer=pointer)


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

    def must_be(self, roles: Collection[Role], *, pointer: str | None = None) -> None:
        """Refuse an actor of any other role; the refusal names the bodies of these.

        Raises:
            Refusal: `forbidden_role`.
        """
        check_role(self.role, roles, pointer=pointer)

    def party_as(self, role: Role) -> str:
        """Return the code of the body that this actor acts for in `role`.

        Raises:
            Refusal: `forbidden_role` for any other role, or a client without a party.
        """
        self.must_be((role,))
        if self.party is None:
            raise left_to(role)
        return self.party


def system_actor(service: str) -> Actor:
    """Return the actor under which `service` itself acts in jobs and handlers."""
    return Actor(client_id=f"system:{service}", role=Role.SYSTEM)
