"""Accounts of people: whom they act for, what a password must be, and when trying has to stop for a while."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from gateway.rules.client import ClientTerms, PartyOrNone, UnitOrNone, onboard
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.shape import Shape

Login = Annotated[str, Field(min_length=3, max_length=64, pattern=r"^[a-z0-9][a-z0-9._@-]*$")]
PASSWORD_LENGTH_MAX = 128
_PERSON = "person."

ACCOUNT_EXISTS = RefusalCode(
    "account_exists", 409, "登录名已被使用", "The login is taken", "请使用另一个登录名。", "Use another login."
)
PASSWORD_TOO_WEAK = RefusalCode(
    "password_too_weak",
    422,
    "密码至少 {least} 个字符，且不能含有登录名",
    "A password has at least {least} characters and does not hold the login",
    "请使用更长的密码，例如几个不相关的词。",
    "Use a longer one, such as several words that have nothing to do with one another.",
)
PASSWORD_WRONG = RefusalCode(
    "password_wrong", 422, "当前密码不正确", "The present password is another", "请重新输入。", "Type it again."
)
CODE_WRONG = RefusalCode(
    "code_wrong",
    422,
    "动态口令不正确或已使用",
    "The code is wrong or was used already",
    "请等待下一个动态口令并核对手机时间。",
    "Wait for the next code, and look whether the clock of the device is right.",
)


class CallerKind(StrEnum):
    """Who holds a token."""

    PERSON = "PERSON"
    CLIENT = "CLIENT"


class SessionEnd(StrEnum):
    """Why a session ended."""

    SIGNED_OUT = "SIGNED_OUT"
    ENDED_ELSEWHERE = "ENDED_ELSEWHERE"
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105  # a reason
    ACCOUNT_SUSPENDED = "ACCOUNT_SUSPENDED"
    ENDED_BY_ADMINISTRATOR = "ENDED_BY_ADMINISTRATOR"


class AccountTerms(Shape):
    """What is registered of a person."""

    login: Login
    role: Role
    party: PartyOrNone = None
    unit_id: UnitOrNone = None
    scopes: list[str]


@dataclass(frozen=True, slots=True)
class Lockout:
    """When trying has to stop.

    Attributes:
        tries: wrong passwords or codes in a row that are forgiven.
        pause: how long nothing is accepted afterwards.
    """

    tries: int
    pause: timedelta


@dataclass(frozen=True, slots=True)
class Tries:
    """Wrong tries of an account so far.

    Attributes:
        failed: in a row, since the last that was right or the last pause.
        locked_until_at: until when nothing is accepted.
    """

    failed: int = 0
    locked_until_at: datetime | None = None


def admit(terms: AccountTerms, today: date, *, besides: Collection[str] = ()) -> AccountTerms:
    """Return the terms of a new account: an existing body, and no scope beyond its role.

    Args:
        terms: of the account.
        today: the business day.
        besides: scopes that a person of any role may be given.

    Raises:
        Refusal: those of `client.onboard`.

    Source: G-ACCOUNT-01 (docs/rules/gateway.md).
    """
    onboard(
        ClientTerms(
            client_id="person",
            role=terms.role,
            party=terms.party,
            unit_id=terms.unit_id,
            scopes=[one for one in terms.scopes if one not in besides],
            title_zh="-",
            title_en="-",
        ),
        today,
    )
    return terms


def accept_password(password: str, *, login: str, least: int) -> str:
    """Return a password that may be set: long enough, and not made of the login; no other demand is made.

    Raises:
        Refusal: `password_too_weak`.

    Source: G-ACCOUNT-02 (docs/rules/gateway.md).
    """
    holds_login = login.casefold() in password.casefold()
    if not least <= len(password) <= PASSWORD_LENGTH_MAX or holds_login or len(set(password)) == 1:
        raise Refusal(PASSWORD_TOO_WEAK, pointer="/password", least=least)
    return password


def is_locked(tries: Tries, now: datetime) -> bool:
    """Tell whether nothing is accepted now, whatever is typed.

    Source: G-ACCOUNT-03 (docs/rules/gateway.md).
    """
    return tries.locked_until_at is not None and now < tries.locked_until_at


def after_wrong(tries: Tries, now: datetime, lockout: Lockout) -> Tries:
    """Return the tries after another wrong one; what is typed during a pause neither counts nor prolongs it.

    Source: G-ACCOUNT-03 (docs/rules/gateway.md).
    """
    if is_locked(tries, now):
        return tries
    failed = tries.failed + 1
    return Tries(failed) if failed < lockout.tries else Tries(0, now + lockout.pause)


def subject_of(account_id: UUID) -> str:
    """Return how tokens and the audit name a person.

    Source: G-ACCOUNT-05 (docs/rules/gateway.md).
    """
    return f"{_PERSON}{account_id}"


def person_of(subject: str) -> UUID | None:
    """Return the account that the subject of a token names, None for a client's.

    Source: G-ACCOUNT-05 (docs/rules/gateway.md).
    """
    named = subject.removeprefix(_PERSON)
    try:
        return UUID(named) if named != subject else None
    except ValueError:
        return None


def session_ends_at(began_at: datetime, seen_at: datetime, *, idle: timedelta, longest: timedelta) -> datetime:
    """Return when a session ends by itself.

    Source: G-ACCOUNT-04 (docs/rules/gateway.md).
    """
    return min(seen_at + idle, began_at + longest)
