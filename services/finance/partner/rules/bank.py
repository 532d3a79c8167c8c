"""Cooperating banks: admitted by the joint meeting for a period, suspended or ended by the same."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.shape import Shape
from shared.kernel.types import Day, ShortText, Uscc

BANK_NOT_COOPERATING = RefusalCode(
    code="bank_not_cooperating",
    status=409,
    title_zh="该银行当前不是合作银行",
    title_en="This bank is not a cooperating bank today",
    way_out_zh="请从合作银行名单中选择一家银行。",
    way_out_en="Choose one of the cooperating banks.",
    hint_zh="名单：GET /v1/banks。",
    hint_en="The list is GET /v1/banks.",
)
BANK_ALREADY_ADMITTED = RefusalCode(
    code="bank_already_admitted",
    status=409,
    title_zh="该银行已登记为合作银行",
    title_en="This bank is already admitted",
    way_out_zh="无需重复登记；可在合作银行名单中查到该银行。",
    way_out_en="Nothing to do: the bank stands in the list of cooperating banks.",
    hint_zh="查询：GET /v1/banks。",
    hint_en="See GET /v1/banks.",
)
BANK_PERIOD_INVALID = RefusalCode(
    code="bank_period_invalid",
    status=422,
    title_zh="合作协议的结束日早于开始日",
    title_en="The agreement ends before it starts",
    way_out_zh="请更正协议期限。",
    way_out_en="Correct the period of the agreement.",
)


class BankStatus(StrEnum):
    """Whether a bank may take new applications."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"


class BankTerms(Shape):
    """The agreement of a cooperating bank; `decision_no` is the joint meeting's decision that admitted it."""

    uscc: Uscc
    name: ShortText
    agreement_from_on: Day
    agreement_until_on: Day
    decision_no: ShortText


@dataclass(frozen=True, slots=True)
class Admission:
    """A bank was admitted; its agreement decides from when to when it takes applications."""

    status: BankStatus


def admit(terms: BankTerms, *, known: bool) -> Admission:
    """Admit a bank to the scheme.

    Raises:
        Refusal: `bank_period_invalid`; `bank_already_admitted`.

    Source: F-BANK-01 (docs/rules/finance.md).
    """
    if terms.agreement_until_on < terms.agreement_from_on:
        raise Refusal(BANK_PERIOD_INVALID, pointer="/agreement_until_on")
    if known:
        raise Refusal(BANK_ALREADY_ADMITTED, pointer="/uscc")
    return Admission(BankStatus.ACTIVE)


def cooperates(terms: BankTerms | None, status: BankStatus | None, on: date) -> None:
    """Refuse a bank that may take no new application on a day.

    Raises:
        Refusal: `bank_not_cooperating`.

    Source: F-BANK-02 (docs/rules/finance.md).
    """
    if (
        terms is None
        or status is not BankStatus.ACTIVE
        or not terms.agreement_from_on <= on <= terms.agreement_until_on
    ):
        raise Refusal(BANK_NOT_COOPERATING, pointer="/bank_uscc")
