"""A rate typed in per cent becomes parts per million exactly, or is not read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.money import rate_text
from shared.kernel.percent import read_percent


@pytest.mark.parametrize(
    ("text", "ppm"),
    [("3", 30_000), ("3.00", 30_000), ("3.1%", 31_000), ("３．４５％", 34_500), (" 0.0001 ", 1), ("100 %", 1_000_000)],
)
def test_a_rate_in_per_cent_is_read_exactly(text: str, ppm: int) -> None:
    assert read_percent(text) == ppm


@pytest.mark.parametrize("text", ["", "-3", "3,1", "3e1", "3‰", "3.12345", "三", "3.1.1", "1000", "٣", "3%%"])
def test_what_is_no_certain_rate_is_not_read(text: str) -> None:
    assert read_percent(text) is None


@given(st.integers(0, 9_999_999))
def test_what_is_shown_is_read_back(ppm: int) -> None:
    assert read_percent(rate_text(ppm)) == ppm
