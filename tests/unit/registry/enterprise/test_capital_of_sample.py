"""The capital cells of two thousand real lines against a second reading, written from how the registers write them."""

import csv
from pathlib import Path

import pytest

from services.registry.enterprise.rules import enterprise_import, enterprise_list
from tests.support.listing import cells_under
from tests.support.oracle.capital import capital_of
from tests.unit.registry.rule_sets import TODAY

SAMPLE = Path(__file__).parents[5] / "shared" / "data" / "companies" / "chongqing_sample_2000.csv"
CLEAN = {"name": "示例", "uscc": "91500107MA5XTE8T03", "registered_on": "2015-01-02", "district": "九龙坡"}


def read_capital(cell: str) -> int | None:
    """Return the capital that an otherwise clean line with this cell is kept with."""
    line = enterprise_import.read_line(cells_under(enterprise_list.FORM, {**CLEAN, "capital": cell}), TODAY)
    return None if line.value is None else line.value.terms.registered_capital_fen


def test_every_capital_cell_of_the_sample_agrees_with_the_second_reading() -> None:
    if not SAMPLE.exists():
        pytest.skip("the sample of real companies is not beside the repository")
    with SAMPLE.open(encoding="utf-8-sig", newline="") as file:
        cells = [row["capital"] or "" for row in csv.DictReader(file)]
    assert len(cells) > 1_900
    expected = [capital_of(cell) for cell in cells]
    assert sum(one is not None for one in expected) > 1_500
    wrong = [
        (cell, told, fen) for cell, fen in zip(cells, expected, strict=True) if (told := read_capital(cell)) != fen
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        ("7,278(万人民币元)", 7_278_000_000),
        ("152,789.6400(万)", 152_789_640_000),
        ("29.2万人民币", 29_200_000),
        ("2,500(万元人民币)", 2_500_000_000),
        ("10(万美元)", None),
        ("1,500(万香港元)", None),
        ("N/A", None),
    ],
)
def test_each_way_of_writing_capital_is_read_as_the_register_means_it(cell: str, fen: int | None) -> None:
    assert capital_of(cell) == fen
    assert read_capital(cell) == fen
