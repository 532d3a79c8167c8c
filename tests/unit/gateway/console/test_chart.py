"""The lengths of a chart: parts fill the whole, what is there can be seen, and nothing divides by nothing."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.console.chart import LENGTH, Part, drawn, share


@given(st.lists(st.integers(min_value=0, max_value=10**15), min_size=1, max_size=6))
def test_the_parts_stand_side_by_side_and_fill_the_whole(amounts: list[int]) -> None:
    found = drawn([Part(str(at), amount, "own") for at, amount in enumerate(amounts)])
    assert sum(one.length for one in found) == (LENGTH if sum(amounts) else 0)
    assert all(one.begins + one.length == after.begins for one, after in pairwise(found))
    assert all((one.length > 0) == (one.part.amount_fen > 0) for one in found)


def test_a_part_below_zero_takes_no_room() -> None:
    assert [one.length for one in drawn([Part("a", -5, "own"), Part("b", 5, "left")])] == [0, LENGTH]


@pytest.mark.parametrize(
    ("own", "most", "length"), [(0, 0, 0), (5, 0, 0), (1, 4, 250), (4, 4, LENGTH), (9, 4, LENGTH), (-1, 4, 0)]
)
def test_a_share_is_never_more_than_all(own: int, most: int, length: int) -> None:
    assert share(own, most) == length
