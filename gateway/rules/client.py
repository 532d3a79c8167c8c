"""OAuth clients: the bodies that may call, what each may do, and what a token says of them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.kernel import uscc
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.role_scope import scopes_of
from shared.kernel.shape import Shape
from shared.kernel.unit import unit_on

ClientId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Title = Annotated[str, Field(min_length=1, max_length=200)]
PartyOrNone = Annotated[str | None, Field(max_length=18)]
UnitOrNone = Annotated[str | None, Field(max_length=12)]

CLIENT_ROLE_UNUSABLE = RefusalCode(
    "client_role_unusable",
    422,
    "角色 {role} 的客户端缺少 {field}",
    "A client of role {role} needs {field}",
    "请补充后再登记。",
    "Name it and register again.",
)
CLIENT_EXISTS = RefusalCode(
    "client_exists", 409, "客户端已存在", "The client exists", "请使用另一个编号。", "Use another id."
)

CLIENT_PARTY_INVALID = RefusalCode(
    "client_party_invalid",
    422,
    "{party} 不是有效的统一社会信用代码",
    "{party} is no unified social credit code",
    "请核对代码，18位，末位为校验码。",
    "Check the code: 18 characters, the last one is a check character.",
)
CLIENT_UNIT_UNKNOWN = RefusalCode(
    "client_unit_unknown",
    422,
    "没有编号为 {unit_id} 的归口单位",
    "There is no reporting unit {unit_id}",
    "请使用归口单位目录中的编号。",
    "Use an id of the catalogue of units.",
)
CLIENT_SCOPE_BEYOND_ROLE = RefusalCode(
    "client_scope_beyond_role",
    422,
    "角色 {role} 没有权限 {scope}",
    "The role {role} does not hold the scope {scope}",
    "请在该角色的权限中选择，或为另一角色另行登记客户端。",
    "Choose among the scopes of the role, or register another client for another role.",
)

_NEEDS_PARTY = frozenset({Role.ENTERPRISE, Role.BANK, Role.AGENCY})


class AccountStatus(StrEnum):
    """Whether a client may get tokens, and a person may sign in."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"


class ClientTerms(Shape):
    """What is registered of a client."""

    client_id: ClientId
    role: Role
    party: PartyOrNone = None
    unit_id: UnitOrNone = None
    scopes: list[str]
    title_zh: Title
    title_en: Title


class OAuthError(StrEnum):
    """The error words of RFC 6749, section 5.2, and one of ours for who has to wait."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    UNAUTHORIZED_CLIENT = "unauthorized_client"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    INVALID_SCOPE = "invalid_scope"
    INVALID_GRANT = "invalid_grant"
    RATE_LIMITED = "rate_limited"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token will say, or why there is none."""

    scopes: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    error: OAuthError | None = None


def admit(terms: ClientTerms) -> ClientTerms:
    """Return the terms of a new client if its role can be used.

    Raises:
        Refusal: `client_role_unusable` for an enterprise, bank or agency without a party, a district without a unit,
            or the role of the service itself.

    Source: G-CLIENT-01 (docs/rules/gateway.md).
    """
    if terms.role is Role.SYSTEM:
        raise Refusal(CLIENT_ROLE_UNUSABLE, pointer="/role", role=terms.role, field="another role")
    if terms.role in _NEEDS_PARTY and terms.party is None:
        raise Refusal(CLIENT_ROLE_UNUSABLE, pointer="/party", role=terms.role, field="party")
    if terms.role is Role.DISTRICT and terms.unit_id is None:
        raise Refusal(CLIENT_ROLE_UNUSABLE, pointer="/unit_id", role=terms.role, field="unit_id")
    return terms


def onboard(terms: ClientTerms, today: date) -> ClientTerms:
    """Return the terms of a client that an operator registers: an existing body, and no scope beyond its role.

    Raises:
        Refusal: `client_party_invalid`, `client_unit_unknown`, `client_scope_beyond_role`, and those of `admit`.

    Source: G-CLIENT-02 (docs/rules/gateway.md).
    """
    admit(terms)
    if terms.party is not None and not uscc.is_valid(terms.party):
        raise Refusal(CLIENT_PARTY_INVALID, pointer="/party", party=terms.party)
    if terms.unit_id is not None and unit_on(terms.unit_id, today) is None:
        raise Refusal(CLIENT_UNIT_UNKNOWN, pointer="/unit_id", unit_id=terms.unit_id)
    beyond = sorted(set(terms.scopes) - set(scopes_of(terms.role.value)))
    if beyond:
        raise Refusal(CLIENT_SCOPE_BEYOND_ROLE, pointer="/scopes", role=terms.role, scope=beyond[0])
    return terms


def grant(
    *, status: AccountStatus, held: Collection[str], asked: str | None, now: datetime, lifetime: timedelta
) -> Grant:
    """Decide what a client that proved itself gets: what it asks for, all it holds if it names nothing.

    Source: G-TOKEN-01 (docs/rules/gateway.md).
    """
    wanted = tuple(sorted(set((asked or "").split()))) or tuple(sorted(held))
    error = None
    if status is not AccountStatus.ACTIVE:
        error = OAuthError.UNAUTHORIZED_CLIENT
    elif not set(wanted) <= set(held):
        error = OAuthError.INVALID_SCOPE
    return Grant(wanted if error is None else (), now, now + lifetime, error)
