"""The frozen facts of a knowledge-value evaluation, each with the event version that it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

from shared.kernel.money import ratio_ppm
from shared.policy.decision import Fact
from shared.policy.rule_set import RuleSet

TECH_ENTERPRISE = "TECH_ENTERPRISE"
TECH_SME = "TECH_SME"
SCORED_TITLES = ("HNTE", "LITTLE_GIANT", "HIGH_GROWTH", "SRDI", TECH_SME)
SCORED_KINDS = ("INVENTION", "PLANT_VARIETY", "IC_LAYOUT", "UTILITY_MODEL", "SOFTWARE_COPYRIGHT", "DESIGN")
ABSENT = "absent"
PPM = 1_000_000
THOUSANDFOLD_PPM = 1_000_000_000
"""Ratios and growth stop here: far above every tier, and below what JSON carries exactly."""

FactValue = int | bool | str | None
Facts = dict[str, Fact]


@dataclass(frozen=True, slots=True)
class EnterpriseView:
    """What finance holds of an enterprise."""

    version: int
    serious_dishonesty: bool
    abnormal_operations: bool


@dataclass(frozen=True, slots=True)
class FilingView:
    """What finance holds of one accepted annual filing; money in fen."""

    version: int
    year: int
    staff: int
    rd_staff: int
    revenue_fen: int
    rd_expense_fen: int
    super_deduction_fen: int | None
    innovative_products: int


@dataclass(frozen=True, slots=True)
class QualificationView:
    """What finance holds of one title; `valid_until_on` is inclusive, None = open."""

    version: int
    status: str
    valid_from_on: date
    valid_until_on: date | None

    def valid_on(self, on: date) -> bool:
        """Whether the title stands on a day."""
        begun = self.valid_from_on <= on
        return self.status == "VALID" and begun and (self.valid_until_on is None or on <= self.valid_until_on)


@dataclass(frozen=True, slots=True)
class PortfolioView:
    """What finance holds of ipr's IP summary: per kind the count and the weighted count in thousandths."""

    version: int
    as_of_on: date
    high_value_count: int
    blemished_count: int
    kinds: Mapping[str, tuple[int, int]]
    rule_set_sha256: str


@dataclass(frozen=True, slots=True)
class FirmView:
    """All that finance holds of one firm."""

    uscc: str
    enterprise: EnterpriseView | None = None
    filings: Mapping[int, FilingView] = field(default_factory=dict)
    qualifications: Mapping[str, QualificationView] = field(default_factory=dict)
    portfolio: PortfolioView | None = None


def fact_values(facts: Mapping[str, Fact]) -> dict[str, FactValue]:
    """Return the bare values of facts.

    Source: F-KV-01 (docs/rules/finance.md).
    """
    return {name: fact.value for name, fact in facts.items()}


def fingerprint(facts: Mapping[str, Fact]) -> str:
    """Return a SHA-256 of what the facts say, without the day they were read on and without their origins.

    Two equal fingerprints under one rule set give the same points: nothing needs to be evaluated again.

    Source: F-KV-10 (docs/rules/finance.md).
    """
    said = sorted((name, repr(fact.value)) for name, fact in facts.items() if name not in {"as_of", "portfolio_as_of"})
    return sha256(repr(said).encode()).hexdigest()


def required_filing_year(on: date, due_month: int) -> int:
    """Return the year whose filing must be present on a day: the past year from `due_month` on, else the one before.

    Source: F-KV-02 (docs/rules/finance.md).
    """
    return on.year - 1 if on.month >= due_month else on.year - 2


def growth_ppm(now_fen: int, before_fen: int | None) -> int | None:
    """Return growth in parts per million, rounded down; None without a positive base.

    A growth above zero counts as one part per million at least, so that the lowest tier ("above 0") stays exact.

    Source: F-KV-05 (docs/rules/finance.md).
    """
    if not before_fen:
        return None
    growth = min(THOUSANDFOLD_PPM, (now_fen - before_fen) * PPM // before_fen)
    return max(1, growth) if now_fen > before_fen else growth


def share_ppm(part: int, whole: int) -> int | None:
    """Return a ratio in parts per million, rounded down and at most a thousandfold; None where the whole is 0.

    Source: F-KV-05 (docs/rules/finance.md).
    """
    ratio = ratio_ppm(part, whole)
    return None if ratio is None else min(THOUSANDFOLD_PPM, ratio)


def gather(firm: FirmView, rules: RuleSet, on: date) -> Facts:
    """Freeze the facts of a firm on a day; what is not held is None (or False) with the origin `absent`.

    Source: F-KV-01 (docs/rules/finance.md).
    """
    return (
        _enterprise_facts(firm)
        | _title_facts(firm, on)
        | _filing_facts(firm, rules, on)
        | _portfolio_facts(firm)
        | {"as_of": Fact(on.isoformat(), "calendar")}
    )


def _enterprise_facts(firm: FirmView) -> Facts:
    held = firm.enterprise
    origin = ABSENT if held is None else f"registry.enterprise.changed/{firm.uscc}@v{held.version}"
    return {
        "enterprise_known": Fact(held is not None, origin),
        "serious_dishonesty": Fact(held is not None and held.serious_dishonesty, origin),
        "abnormal_operations": Fact(held is not None and held.abnormal_operations, origin),
    }


def _title_facts(firm: FirmView, on: date) -> Facts:
    facts = {}
    for kind in (TECH_ENTERPRISE, *SCORED_TITLES):
        held = firm.qualifications.get(kind)
        origin = ABSENT if held is None else f"registry.qualification.changed/{firm.uscc}/{kind}@v{held.version}"
        facts[f"{kind.lower()}_valid"] = Fact(held is not None and held.valid_on(on), origin)
    return facts


def _filing_facts(firm: FirmView, rules: RuleSet, on: date) -> Facts:
    required = required_filing_year(on, rules.param_int("filing_due_month"))
    usable = [year for year in firm.filings if required <= year < on.year]
    facts = {"required_filing_year": Fact(required, "calendar")}
    if not usable:
        names = ("filing_year", "rd_ratio_ppm", "rd_amount_fen", "rd_growth_ppm", "rd_staff_share_ppm")
        return facts | {name: Fact(None, ABSENT) for name in (*names, "innovative_products", "super_deduction_fen")}
    latest = firm.filings[max(usable)]
    before = firm.filings.get(latest.year - 1)
    origin = f"registry.filing.accepted/{firm.uscc}/{latest.year}@v{latest.version}"
    both = (
        origin if before is None else f"{origin}+registry.filing.accepted/{firm.uscc}/{before.year}@v{before.version}"
    )
    growth = growth_ppm(latest.rd_expense_fen, None if before is None else before.rd_expense_fen)
    values: dict[str, FactValue] = {
        "filing_year": latest.year,
        "revenue_fen": latest.revenue_fen,
        "rd_amount_fen": latest.rd_expense_fen,
        "rd_ratio_ppm": share_ppm(latest.rd_expense_fen, latest.revenue_fen),
        "rd_staff_share_ppm": share_ppm(latest.rd_staff, latest.staff),
        "innovative_products": latest.innovative_products,
        "super_deduction_fen": latest.super_deduction_fen,
    }
    return facts | {name: Fact(value, origin) for name, value in values.items()} | {"rd_growth_ppm": Fact(growth, both)}


def _portfolio_facts(firm: FirmView) -> Facts:
    held = firm.portfolio
    origin = ABSENT if held is None else f"ipr.portfolio.changed/{firm.uscc}@v{held.version}"
    kinds = {} if held is None else held.kinds
    facts = {
        "valid_rights": Fact(sum(count for count, _ in kinds.values()), origin),
        "high_value_count": Fact(0 if held is None else held.high_value_count, origin),
        "blemished_count": Fact(0 if held is None else held.blemished_count, origin),
        "portfolio_as_of": Fact(None if held is None else held.as_of_on.isoformat(), origin),
        "portfolio_rule_set_sha256": Fact(None if held is None else held.rule_set_sha256, origin),
    }
    for kind in SCORED_KINDS:
        count, weighted = kinds.get(kind, (0, 0))
        facts[f"{kind.lower()}_count"] = Fact(count, origin)
        facts[f"{kind.lower()}_weighted_milli"] = Fact(weighted, origin)
    return facts
