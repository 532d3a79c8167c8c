"""Who administers which accounts, and what may be done with one: what refuses an act is what offers it."""

from collections.abc import Collection
from dataclasses import dataclass

from gateway.rules.account import AccountTerms
from gateway.rules.client import AccountStatus
from shared.kernel.action import Act
from shared.kernel.actor import Actor, Role, left_to
from shared.kernel.errors import Refusal, RefusalCode

PLATFORM = (Role.OPERATOR, Role.SYSTEM)
"""Who administers the accounts of every body; anybody else those of their own."""
READ, WRITE = "access.account:read", "access.account:write"
ADMINISTRATION = frozenset({READ, WRITE})
"""What makes an administrator of their own body of a person; the platform alone gives it."""
_EVERY = frozenset(set(Role) - {Role.SYSTEM})

ACCOUNT_STATE_CONFLICT = RefusalCode(
    "account_state_conflict",
    409,
    "账户当前状态为 {status}，不能执行此操作",
    "The account is {status}: this step is not possible now",
    "请刷新账户后办理。",
    "Read the account again.",
)
ACCOUNT_IS_OWN = RefusalCode(
    "account_is_own",
    409,
    "不能以管理员身份办理本人账户",
    "An administrator does not do this to their own account",
    "请在“我的账户”中办理，或由另一位管理员办理。",
    "Use the page of your own account, or ask another administrator.",
)


ISSUER_NOT_SET = RefusalCode(
    "issuer_not_set",
    409,
    "平台未设置外部统一身份认证",
    "No other issuer is set for the sign-in",
    "请先由平台管理员设置统一身份认证的地址。",
    "Ask the platform's administrator to set one first.",
)
IDENTITY_TAKEN = RefusalCode(
    "identity_taken",
    409,
    "该身份已绑定到一个账户",
    "The identity is bound to an account already",
    "请先解除原有绑定，或核对身份标识。",
    "Release it there first, or check the identifier.",
)


@dataclass(frozen=True, slots=True)
class AccountStanding:
    """How an account stands, as far as acts depend on it.

    Attributes:
        status: whether the person may sign in.
        is_own: whether it is the account of who asks.
        has_issuer: whether people may sign in by another issuer.
    """

    status: AccountStatus
    is_own: bool
    has_issuer: bool = False


def admit_body(actor: Actor, terms: AccountTerms) -> None:
    """Check that an administrator makes accounts of their own body alone, and no other administrator.

    Raises:
        Refusal: `forbidden_role`.

    Source: G-ACCOUNT-06 (docs/rules/gateway.md).
    """
    if actor.role in PLATFORM:
        return
    if (terms.role, terms.party, terms.unit_id) != (actor.role, actor.party, actor.unit_id):
        raise left_to(*PLATFORM, pointer="/role")
    if ADMINISTRATION & set(terms.scopes):
        raise left_to(*PLATFORM, pointer="/is_administrator")


def administers(scopes: Collection[str]) -> bool:
    """Tell whether a person with these scopes administers accounts.

    Source: G-ACCOUNT-06 (docs/rules/gateway.md).
    """
    return set(scopes) >= ADMINISTRATION


def suspendable(case: AccountStanding) -> None:
    """Check that an account may be suspended: it is in use and another's.

    Raises:
        Refusal: `account_is_own`, `account_state_conflict`.

    Source: G-ACCOUNT-07 (docs/rules/gateway.md).
    """
    anothers(case)
    if case.status is not AccountStatus.ACTIVE:
        raise Refusal(ACCOUNT_STATE_CONFLICT, status=case.status)


def resumable(case: AccountStanding) -> None:
    """Check that an account may be let in again.

    Raises:
        Refusal: `account_state_conflict`.

    Source: G-ACCOUNT-07 (docs/rules/gateway.md).
    """
    if case.status is not AccountStatus.SUSPENDED:
        raise Refusal(ACCOUNT_STATE_CONFLICT, status=case.status)


def anothers(case: AccountStanding) -> None:
    """Check that an account is not that of who asks.

    Raises:
        Refusal: `account_is_own`.

    Source: G-ACCOUNT-07 (docs/rules/gateway.md).
    """
    if case.is_own:
        raise Refusal(ACCOUNT_IS_OWN)


def bindable(case: AccountStanding) -> None:
    """Check that an identity of another issuer may be bound to an account.

    Raises:
        Refusal: `account_is_own`, `issuer_not_set`.

    Source: G-ACCOUNT-08 (docs/rules/gateway.md).
    """
    anothers(case)
    if not case.has_issuer:
        raise Refusal(ISSUER_NOT_SET)


def _operation(verb: str) -> str:
    return f"POST /v1/accounts/{{account_id}}:{verb}"


ACTS: tuple[Act[AccountStanding], ...] = (
    Act(
        name="suspend",
        label_zh="停用",
        label_en="Suspend",
        operation=_operation("suspend"),
        scope=WRITE,
        roles=_EVERY,
        check=suspendable,
        needs_reason=True,
    ),
    Act(
        name="resume",
        label_zh="恢复使用",
        label_en="Let in again",
        operation=_operation("resume"),
        scope=WRITE,
        roles=_EVERY,
        check=resumable,
    ),
    Act(
        name="reset-password",
        label_zh="重置密码",
        label_en="Give a new first password",
        operation=_operation("reset-password"),
        scope=WRITE,
        roles=_EVERY,
        check=anothers,
    ),
    Act(
        name="end-sessions",
        label_zh="结束全部登录",
        label_en="End every session",
        operation=_operation("end-sessions"),
        scope=WRITE,
        roles=_EVERY,
        check=anothers,
    ),
    Act(
        name="bind-identity",
        label_zh="绑定统一身份认证",
        label_en="Bind an identity of the other sign-in",
        operation="POST /v1/accounts/{account_id}/identities",
        scope=WRITE,
        roles=_EVERY,
        check=bindable,
    ),
)
"""In the order in which they are offered."""
