"""Size classes against the table of 国统字〔2017〕213号 (domain table 10.5), typed here."""

import csv
import random
from datetime import date
from pathlib import Path

import pytest

from services.registry.enterprise.rules.enterprise import SizeClass
from services.registry.enterprise.rules.size_class import (
    SizeBasis,
    SizeFigures,
    SizeStale,
    size_answer,
    size_class,
    stale_reasons,
)
from tests.support.oracle import size_class as oracle
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


@pytest.mark.parametrize(
    ("code", "basis"),
    [
        ("G5310", SizeBasis.NO_CLASS),
        ("P8336", SizeBasis.NO_CLASS),
        ("Q8411", SizeBasis.NO_CLASS),
        ("K7040", SizeBasis.NO_CLASS),
        ("S9110", SizeBasis.NO_CLASS),
        ("J6610", SizeBasis.OWN_RULE),
        (None, SizeBasis.INDUSTRY_UNKNOWN),
        ("Q8511", SizeBasis.CLASSED),
        ("K7030", SizeBasis.CLASSED),
    ],
)
def test_an_industry_that_the_notice_leaves_out_has_no_class_and_says_so(code: str | None, basis: SizeBasis) -> None:
    answer = size_answer(RULES, industry_code=code, figures=SizeFigures(5, 1, 1))
    assert (answer.basis, answer.size_class is None) == (basis, basis is not SizeBasis.CLASSED)
    assert answer.note_zh
    assert answer.note_en
    if basis is SizeBasis.NO_CLASS:
        assert "213号" in answer.note_zh


def industry_codes() -> list[str]:
    """Return every class of GB/T 4754-2017 with its section, such as C3825."""
    path = Path(__file__).parents[5] / "shared" / "data" / "industry" / "gbt4754_2017.csv"
    if not path.exists():
        pytest.skip("the national industry table is not beside the repository")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return sorted({row["section"] + row["class"] for row in rows if row["class"]})


def test_every_industry_code_agrees_with_the_second_table() -> None:
    codes = industry_codes()
    assert len(codes) > 1_300
    chance = random.Random(213)  # figures, not a secret
    for code in codes:
        bounds = [bound for row in (oracle.row_of(code[1:]) or {}).values() for bound in row]
        for _ in range(12):
            figures = [max(0, chance.choice([*bounds, 0, 10**6]) + chance.choice((-1, 0, 1))) for _ in range(3)]
            told = size_class(
                RULES,
                industry_code=code,
                staff=figures[0],
                revenue_fen=figures[1] * WAN_FEN,
                assets_fen=figures[2] * WAN_FEN,
            )
            expected = oracle.size_of(code[1:], staff=figures[0], revenue_wan=figures[1], assets_wan=figures[2])
            assert (None if told is None else told.name) == expected, code


@pytest.mark.parametrize(
    ("year", "listed", "today", "expected"),
    [
        (2025, "2017.2", date(2026, 12, 31), []),
        (2025, "2017.2", date(2027, 1, 1), [SizeStale.FILING_OLD]),
        (2025, "2017.1", date(2026, 12, 31), [SizeStale.RULES_CHANGED]),
        (2024, "", date(2025, 12, 31), [SizeStale.RULES_CHANGED]),
        (2023, "2017.1", date(2026, 1, 1), [SizeStale.FILING_OLD, SizeStale.RULES_CHANGED]),
        (None, None, date(2026, 1, 1), []),
    ],
)
def test_figures_older_than_last_year_and_replaced_rules_are_named(
    year: int | None, listed: str | None, today: date, expected: list[SizeStale]
) -> None:
    found = stale_reasons(filing_year=year, listed_version=listed, version="2017.2", today=today)
    assert [one.code for one in found] == expected
    assert all(one.way_out_zh and one.way_out_en for one in found)
