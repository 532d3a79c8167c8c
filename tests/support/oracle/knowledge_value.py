"""The knowledge-value evaluation computed a second time, with fractions, from the written model.

Written from the domain reference, sections 1.3.1 (score), 1.3 (limits by 2023) and 1.7 (article-6 uplift); it imports
nothing of the product, so that agreement means something.
"""

from dataclasses import dataclass, field
from fractions import Fraction

WAN_FEN = 10_000 * 100

POINTS_PER_RIGHT = {
    "INVENTION": 10,
    "PLANT_VARIETY": 10,
    "IC_LAYOUT": 8,
    "UTILITY_MODEL": 3,
    "SOFTWARE_COPYRIGHT": 2,
    "DESIGN": 2,
}
RD_RATIO_PERCENT = ((10, 40), (6, 32), (4, 24), (3, 16), (2, 8))
RD_AMOUNT_WAN = ((1000, 40), (500, 32), (200, 24), (100, 16), (50, 8))
RD_GROWTH_PERCENT = ((30, 20), (15, 14), (5, 8))
TITLE_POINTS = {"HNTE": 6, "LITTLE_GIANT": 6, "SRDI": 4, "TECH_SME": 2, "HIGH_GROWTH": 6}
BANDS = ((80, "A", 500), (65, "B", 400), (50, "C", 300), (35, "D", 160), (20, "E", 80))
UPLIFT_WAN = ((1000, 30), (500, 20), (200, 10))
CAP_WAN = 500


@dataclass(frozen=True)
class Firm:
    """What the written model asks of a firm; money in fen, weights in thousandths."""

    weighted_milli: dict[str, int] = field(default_factory=dict)
    valid_rights: int = 0
    high_value: int = 0
    revenue_fen: int = 0
    rd_fen: int = 0
    rd_before_fen: int | None = None
    talent_points: Fraction = Fraction(0)
    innovative_products: int = 0
    titles: frozenset[str] = frozenset()
    super_deduction_fen: int | None = None
    on_city_register: bool = True
    serious_dishonesty: bool = False
    abnormal_operations: bool = False
    filed: bool = True


@dataclass(frozen=True)
class Verdict:
    """Grade, limit before uplift, uplift and limit after it, all money in fen."""

    score: Fraction
    grade: str
    base_limit_fen: int
    uplift_fen: int
    limit_fen: int


def _tier(value: Fraction, tiers: tuple[tuple[int, int], ...]) -> int:
    for bound, points in tiers:
        if value >= bound:
            return points
    return 0


def ip_score(firm: Firm) -> Fraction:
    """Return 0-100: rights by kind (at most 60) and high-value patents (at most 10); quality is not assessed."""
    rights = sum(
        (Fraction(POINTS_PER_RIGHT.get(kind, 0) * milli, 1000) for kind, milli in firm.weighted_milli.items()),
        Fraction(0),
    )
    return min(Fraction(60), rights) + min(10, 5 * firm.high_value)


def rd_score(firm: Firm) -> Fraction:
    """Return 0-100: ratio (40), amount (40), growth (20)."""
    ratio = _tier(Fraction(firm.rd_fen * 100, firm.revenue_fen), RD_RATIO_PERCENT) if firm.revenue_fen else 0
    amount = _tier(Fraction(firm.rd_fen, WAN_FEN), RD_AMOUNT_WAN)
    growth = 0
    if firm.rd_before_fen:
        rate = Fraction((firm.rd_fen - firm.rd_before_fen) * 100, firm.rd_before_fen)
        growth = _tier(rate, RD_GROWTH_PERCENT) or (4 if rate > 0 else 0)
    return Fraction(ratio + amount + growth)


def bonus(firm: Firm) -> Fraction:
    """Return 0-30: talent, innovative products, the highest title only."""
    products = min(10, 2 * firm.innovative_products)
    title = max((TITLE_POINTS.get(one, 0) for one in firm.titles), default=0)
    return min(Fraction(30), firm.talent_points + products + title)


def half_up(value: Fraction, step: Fraction) -> Fraction:
    """Round `value` half up to a multiple of `step`."""
    return Fraction((value / step + Fraction(1, 2)).__floor__()) * step


def evaluate(firm: Firm) -> Verdict:
    """Return grade and limits; a closed gate gives no grade and no limit."""
    base = half_up(Fraction(6, 10) * ip_score(firm) + Fraction(4, 10) * rd_score(firm), Fraction(1, 1000))
    score = min(Fraction(100), base + bonus(firm))
    open_gates = (
        firm.on_city_register
        and firm.filed
        and firm.valid_rights > 0
        and not firm.serious_dishonesty
        and not firm.abnormal_operations
    )
    grade, limit_wan = next(((name, wan) for bound, name, wan in BANDS if score >= bound), ("NONE", 0))
    if not open_gates:
        grade, limit_wan = "NONE", 0
    base_limit = limit_wan * WAN_FEN
    percent = 0
    if firm.super_deduction_fen is not None and "TECH_SME" in firm.titles and firm.on_city_register:
        percent = _tier(Fraction(firm.super_deduction_fen, WAN_FEN), UPLIFT_WAN)
    after = min(CAP_WAN * WAN_FEN, base_limit + base_limit * percent // 100)
    return Verdict(score, grade, base_limit, after - base_limit, after)
