"""Size classes against the table of 国统字〔2017〕213号 (domain table 10.5), typed here."""

import pytest

from services.registry.enterprise.rules.enterprise import SizeClass
from services.registry.enterprise.rules.size_class import size_class
from tests.unit.registry.rule_sets import rule_set

RULES = rule_set("size_class")
MOST = 9_000_000_000_000_000
WAN_FEN = 1_000_000
# industry code → {indicator: lower bounds of large, medium, small}; X in people, Y and Z in ten thousand yuan
TABLE: dict[str, dict[str, tuple[int, int, int]]] = {
    "A0111": {"Y": (20_000, 500, 50)},
    "B0610": {"X": (1_000, 300, 20), "Y": (40_000, 2_000, 300)},
    "C3825": {"X": (1_000, 300, 20), "Y": (40_000, 2_000, 300)},
    "D4411": {"X": (1_000, 300, 20), "Y": (40_000, 2_000, 300)},
    "E4710": {"Y": (80_000, 6_000, 300), "Z": (80_000, 5_000, 300)},
    "F5111": {"X": (200, 20, 5), "Y": (40_000, 5_000, 1_000)},
    "F5211": {"X": (300, 50, 10), "Y": (20_000, 500, 100)},
    "G5411": {"X": (1_000, 300, 20), "Y": (30_000, 3_000, 200)},
    "G5910": {"X": (200, 100, 20), "Y": (30_000, 1_000, 100)},
    "G6010": {"X": (1_000, 300, 20), "Y": (30_000, 2_000, 100)},
    "H6110": {"X": (300, 100, 10), "Y": (10_000, 2_000, 100)},
    "H6210": {"X": (300, 100, 10), "Y": (10_000, 2_000, 100)},
    "I6311": {"X": (2_000, 100, 10), "Y": (100_000, 1_000, 100)},
    "I6510": {"X": (300, 100, 10), "Y": (10_000, 1_000, 50)},
    "K7010": {"Y": (200_000, 1_000, 100), "Z": (10_000, 5_000, 2_000)},
    "K7020": {"X": (1_000, 300, 100), "Y": (5_000, 1_000, 500)},
    "L7211": {"X": (300, 100, 10), "Z": (120_000, 8_000, 100)},
    "M7310": {"X": (300, 100, 10)},
}
CLASSES = (SizeClass.LARGE, SizeClass.MEDIUM, SizeClass.SMALL, SizeClass.MICRO)
CASES = [
    (code, indicator, rank, bound)
    for code, rows in TABLE.items()
    for indicator, bounds in rows.items()
    for rank, bound in enumerate(bounds)
]


def classified(code: str, **values: int) -> SizeClass | None:
    """Return the class with every other indicator above all bounds."""
    staff, revenue, assets = (values.get(name, MOST) for name in "XYZ")
    return size_class(RULES, industry_code=code, staff=staff, revenue_fen=revenue, assets_fen=assets)


@pytest.mark.parametrize(("code", "indicator", "rank", "bound"), CASES)
def test_each_bound_is_included_and_one_less_is_the_class_below(
    code: str, indicator: str, rank: int, bound: int
) -> None:
    at = bound if indicator == "X" else bound * WAN_FEN
    assert classified(code, **{indicator: at}) is CLASSES[rank]
    assert classified(code, **{indicator: at + 1}) is CLASSES[rank]
    assert classified(code, **{indicator: at - 1}) is CLASSES[rank + 1]


def test_the_lowest_indicator_decides() -> None:
    assert classified("I6510", X=300, Y=49 * WAN_FEN) is SizeClass.MICRO


@pytest.mark.parametrize("code", [None, "J6610", "S9110", "T9700"])
def test_an_industry_without_a_row_has_no_class(code: str | None) -> None:
    assert size_class(RULES, industry_code=code, staff=1, revenue_fen=1, assets_fen=1) is None
