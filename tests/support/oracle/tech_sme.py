"""The national tech-SME evaluation computed a second time from the published table (国科发政〔2017〕115号)."""

from fractions import Fraction

STAFF_TIERS = ((30, 20), (25, 16), (20, 12), (15, 8), (10, 4))
RD_SALES_TIERS = ((6, 50), (5, 40), (4, 30), (3, 20), (2, 10))
RD_COST_TIERS = ((30, 50), (25, 40), (20, 30), (15, 20), (10, 10))


def _percent_points(part: int, whole: int, tiers: tuple[tuple[int, int], ...]) -> int:
    if whole == 0:
        return 0
    percent = Fraction(part * 100, whole)
    return next((points for bound, points in tiers if percent >= bound), 0)


def staff_points(science_staff: int, staff: int) -> int:
    """Return 0-20 for the share of science staff."""
    return _percent_points(science_staff, staff, STAFF_TIERS)


def rd_points(rd_fen: int, sales_fen: int, cost_fen: int) -> int:
    """Return 0-50: the better of R&D by sales and R&D by total cost and expense."""
    return max(_percent_points(rd_fen, sales_fen, RD_SALES_TIERS), _percent_points(rd_fen, cost_fen, RD_COST_TIERS))


def ip_points(class_1: int, class_2: int) -> int:
    """Return 0-30 for valid rights."""
    return 30 if class_1 else {0: 0, 1: 6, 2: 12, 3: 18}.get(class_2, 24)
