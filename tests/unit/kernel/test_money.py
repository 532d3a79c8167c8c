"""Money is whole fen and is rounded half up once, as exact decimals round."""

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.money import div_half_up, mul_ppm_half_up, ratio_ppm, wan_text, yuan_text

FEN = st.integers(0, 9_000_000_000_000_000)
PPM = st.integers(0, 10_000_000)


@given(FEN, PPM)
def test_a_rate_of_an_amount_is_rounded_half_up(amount: int, ppm: int) -> None:
    exact = Decimal(amount) * Decimal(ppm) / Decimal(1_000_000)
    assert mul_ppm_half_up(amount, ppm) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@given(FEN, st.integers(1, 10**9))
def test_a_division_is_rounded_half_up(amount: int, by: int) -> None:
    doubled = div_half_up(amount, by) * 2 * by
    assert -by <= doubled - 2 * amount <= by
    assert div_half_up(by * 2 * 7 + by, by * 2) == 8


@given(FEN, FEN)
def test_a_ratio_is_rounded_down_so_that_bounds_stay_exact(part: int, whole: int) -> None:
    if whole == 0:
        assert ratio_ppm(part, whole) is None
        return
    expected = (Decimal(part) * 1_000_000 / Decimal(whole)).to_integral_value(ROUND_FLOOR)
    assert ratio_ppm(part, whole) == int(part * 1_000_000 // whole)
    assert abs(int(expected) - int(part * 1_000_000 // whole)) <= 1


@pytest.mark.parametrize(("part", "below"), [(60_000, 59_999), (100_000, 99_999)])
def test_one_fen_below_a_bound_is_below_it(part: int, below: int) -> None:
    whole = 500_000_000_000
    at_bound = whole * part // 1_000_000
    assert ratio_ppm(at_bound, whole) == part
    assert ratio_ppm(at_bound - 1, whole) == below


@pytest.mark.parametrize(("amount", "ppm", "expected"), [(1, 500_000, 1), (1, 499_999, 0), (3, 500_000, 2), (0, 1, 0)])
def test_half_a_fen_goes_up(amount: int, ppm: int, expected: int) -> None:
    assert mul_ppm_half_up(amount, ppm) == expected


@pytest.mark.parametrize(("numerator", "denominator"), [(-1, 2), (1, 0), (1, -2)])
def test_negative_numbers_have_no_half_up_here(numerator: int, denominator: int) -> None:
    with pytest.raises(ValueError, match="half-up"):
        div_half_up(numerator, denominator)


@pytest.mark.parametrize(
    ("fen", "yuan", "wan"),
    [
        (1_234_567, "12,345.67 元", "1.234567万元"),
        (500_000_000, "5,000,000.00 元", "500万元"),
        (12_500_000, "125,000.00 元", "12.5万元"),
        (0, "0.00 元", "0万元"),
        (-105, "-1.05 元", "-0.000105万元"),
    ],
)
def test_amounts_read_exactly(fen: int, yuan: str, wan: str) -> None:
    assert (yuan_text(fen), wan_text(fen)) == (yuan, wan)
