"""What the operator may do with a client now: what refuses an act is what offers it."""

from dataclasses import dataclass

from gateway.rules.client import AccountStatus
from shared.kernel.action import Act
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal, RefusalCode

OPERATORS = (Role.OPERATOR, Role.SYSTEM)
READ, WRITE = "access.client:read", "access.client:write"
_ROLES = frozenset({Role.OPERATOR})

CLIENT_STATE_CONFLICT = RefusalCode(
    "client_state_conflict",
    409,
    "客户端当前状态为 {status}，不能执行此操作",
    "The client is {status}: this step is not possible now",
    "请刷新客户端后办理。",
    "Read the client again.",
)
CLIENT_IS_OWN = RefusalCode(
    "client_is_own",
    409,
    "不能停用正在使用的客户端自身",
    "A client does not shut itself out",
    "请由另一客户端或人员办理。",
    "Leave it to another client or a person.",
)


@dataclass(frozen=True, slots=True)
class ClientStanding:
    """How a client stands, as far as acts depend on it.

    Attributes:
        status: whether it may get tokens.
        is_own: whether it is the one that asks.
    """

    status: AccountStatus
    is_own: bool = False


def suspendable(case: ClientStanding) -> None:
    """Check that a client may be shut out: it is let in, and another's.

    Raises:
        Refusal: `client_is_own`, `client_state_conflict`.

    Source: G-CLIENT-03 (docs/rules/gateway.md).
    """
    if case.is_own:
        raise Refusal(CLIENT_IS_OWN)
    if case.status is not AccountStatus.ACTIVE:
        raise Refusal(CLIENT_STATE_CONFLICT, status=case.status)


def resumable(case: ClientStanding) -> None:
    """Check that a client may be let in again.

    Raises:
        Refusal: `client_state_conflict`.

    Source: G-CLIENT-03 (docs/rules/gateway.md).
    """
    if case.status is not AccountStatus.SUSPENDED:
        raise Refusal(CLIENT_STATE_CONFLICT, status=case.status)


def renewable(case: ClientStanding) -> None:
    """Check that a client may be given a new secret: any may, and the old one ends at once.

    Source: G-CLIENT-03 (docs/rules/gateway.md).
    """
    del case


def _operation(verb: str) -> str:
    return f"POST /v1/clients/{{client_id}}:{verb}"


ACTS: tuple[Act[ClientStanding], ...] = (
    Act(
        name="suspend",
        label_zh="停用",
        label_en="Shut out",
        operation=_operation("suspend"),
        scope=WRITE,
        roles=_ROLES,
        check=suspendable,
        needs_reason=True,
    ),
    Act(
        name="resume",
        label_zh="恢复使用",
        label_en="Let in again",
        operation=_operation("resume"),
        scope=WRITE,
        roles=_ROLES,
        check=resumable,
    ),
    Act(
        name="renew-secret",
        label_zh="更换密钥",
        label_en="Give a new secret",
        operation=_operation("renew-secret"),
        scope=WRITE,
        roles=_ROLES,
        check=renewable,
    ),
)
