"""Technology needs (技术需求): what is wanted, by when, for how much, and what still has to be said."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field

from services.techtransfer.listing.rules.listing import ListingTerms
from services.techtransfer.listing.rules.vocabulary import TrlOrNone
from shared.kernel.types import FenOrNone, LongText, LongTextOrNone, ShortText, TermMonths

QUANTITY = re.compile(r"[0-9０-９]|[一二三四五六七八九十百千万两]+(?:[个倍种项件台套年月天]|成)")


class IpOwnership(StrEnum):
    """Who shall own what is made (知识产权归属)."""

    PARTY = "PARTY"
    SOLVER = "SOLVER"
    SHARED = "SHARED"
    NEGOTIABLE = "NEGOTIABLE"


class NeedTerms(ListingTerms):
    """What a poster says of a need; `valid_until_on` is the last day for proposals."""

    problem: LongText
    technical_details: LongTextOrNone = None
    core_indicators: list[ShortText] = Field(default_factory=list)
    solution_months: TermMonths | None = None
    trl_wanted: TrlOrNone = None
    ip_ownership: IpOwnership = IpOwnership.NEGOTIABLE
    solver_conditions: LongTextOrNone = None
    budget_fen: FenOrNone = None


HIDEABLE = frozenset({"technical_details", "core_indicators", "solver_conditions", "budget_fen", "party_uscc"})
"""Fields that a poster may keep from others; title, problem and field are what the list of needs is for."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Something a need should still say; it is asked for, never a reason to refuse."""

    field: str
    text_zh: str
    text_en: str


def open_asks(terms: NeedTerms) -> tuple[Ask, ...]:
    """Return what the poster is asked to add: a solver cannot answer a paragraph without numbers.

    Source: T-NEED-01 (docs/rules/techtransfer.md).
    """
    asks = []
    if not quantified(terms.core_indicators):
        asks.append(
            Ask(
                "core_indicators",
                "请补充可量化的核心指标（如精度、寿命、成本、效率的数值）。",
                "Add core indicators with numbers, such as accuracy, life, cost or efficiency.",
            )
        )
    if terms.budget_fen is None:
        asks.append(Ask("budget_fen", "请补充拟投入金额，便于匹配。", "Add what you would pay: it helps matching."))
    if terms.trl_wanted is None:
        asks.append(Ask("trl_wanted", "请补充期望的技术成熟度（1–9 级）。", "Add the readiness level wanted (1-9)."))
    if terms.solution_months is None:
        asks.append(Ask("solution_months", "请补充解决时限（月）。", "Add the months until it must be solved."))
    return tuple(asks)


def quantified(indicators: Sequence[str]) -> bool:
    """Tell whether at least one indicator holds a quantity, in digits or Chinese numerals.

    Source: T-NEED-01 (docs/rules/techtransfer.md).
    """
    return any(QUANTITY.search(indicator) for indicator in indicators)
