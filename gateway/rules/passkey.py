"""Passkeys of people: how many, and what their questions are asked for."""

from collections.abc import Sequence
from enum import StrEnum

from shared.kernel.errors import Refusal, RefusalCode

MOST = 10
"""Passkeys of one person; more than anybody has devices."""
NAME_LENGTH = 60

PASSKEY_REFUSED = RefusalCode(
    "passkey_refused",
    422,
    "设备的答复未通过核验",
    "The answer of the device could not be checked",
    "请重新打开页面再试，或换用其他方式登录。",
    "Load the page again and try once more, or sign in in another way.",
)
PASSKEY_TOO_MANY = RefusalCode(
    "passkey_too_many",
    409,
    "已有 {most} 个通行密钥，不能再添加",
    "There are {most} passkeys: no further one can be added",
    "请先移除不再使用的通行密钥。",
    "Remove one that is no longer used first.",
)


class Purpose(StrEnum):
    """What a question is asked for."""

    ADD = "ADD"
    SIGN_IN = "SIGN_IN"
    SECOND_FACTOR = "SECOND_FACTOR"


def addable(held: Sequence[object]) -> None:
    """Check that another passkey may be added.

    Raises:
        Refusal: `passkey_too_many`.

    Source: G-PASSKEY-01 (docs/rules/gateway.md).
    """
    if len(held) >= MOST:
        raise Refusal(PASSKEY_TOO_MANY, most=MOST)
