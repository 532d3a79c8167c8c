"""Ratios, verdicts and the gate of the bench: a wrong verdict would be believed."""

import pytest

from tests.bench.document import BEGIN, END, MarksMissingError, measured_part, with_measured
from tests.bench.pace import QUICK
from tests.bench.table import Gate, Goal, Row, line, number, percentile, spread

AT_LEAST = Goal("ratio", "least", 0.30)


def test_the_ratio_is_that_of_each_pair_and_its_median_is_judged() -> None:
    row = Row(figure="f", ours=(10, 40, 30), floor=(100, 100, 100), goal=AT_LEAST)
    assert row.ratios() == (0.1, 0.4, 0.3)
    assert row.verdict() == "met"


def test_a_missed_goal_says_by_how_much() -> None:
    assert Row(figure="f", ours=(15,), floor=(100,), goal=AT_LEAST).verdict() == "**not met**, 50 % short"
    slow = Row(figure="f", ours=(90,), unit="s", goal=Goal("value", "most", 60))
    assert slow.verdict() == "**not met**, 50 % short"


def test_a_goal_at_its_very_edge_is_met() -> None:
    assert Row(figure="f", ours=(60.0,), goal=Goal("value", "most", 60)).verdict() == "met"
    assert Row(figure="f", ours=(20_000,), goal=Goal("value", "least", 20_000)).verdict() == "met"


@pytest.mark.parametrize(
    "gate",
    [Gate(10, 9, 10, 10), Gate(10, 10, 9, 10), Gate(10, 10, 10, 9), Gate(10, 10, 10, 11), Gate(0, 0, 0, 0)],
)
def test_a_row_whose_messages_do_not_agree_is_invalid_however_fast_it_is(gate: Gate) -> None:
    row = Row(figure="f", ours=(99,), floor=(1,), goal=AT_LEAST, gates=(Gate(5, 5, 5, 5), gate))
    assert row.verdict() == f"INVALID: {gate.told()}"


def test_a_step_that_does_not_exist_is_not_held_against_the_gate() -> None:
    assert Gate(10, 10, None, None).is_valid
    assert not Gate(10, 9, None, None).is_valid
    assert Gate(10, 10, None, None).told() == "accepted 10, committed 10"
    assert Gate(10, 10, None, 10).and_then(Gate(5, 5, None, 4)) == Gate(15, 15, None, 14)


def test_a_row_without_a_goal_only_informs_and_a_skipped_one_says_why() -> None:
    assert Row(figure="f", ours=(1,)).verdict() == "–"
    assert Row(figure="f", goal=AT_LEAST, skipped="no nginx").verdict() == "skipped: no nginx"
    assert Row(figure="f", ours=(1,), goal=AT_LEAST).verdict() == "not measured"


def test_a_floor_of_nothing_gives_no_ratio() -> None:
    assert Row(figure="f", ours=(1, 2), floor=(0, 2)).ratios() == (1.0,)


def test_numbers_have_the_digits_that_people_compare() -> None:
    assert [number(one) for one in (0.304, 9.99, 10.04, 99.96, 12_345.6)] == ["0.30", "9.99", "10.0", "100.0", "12,346"]
    assert spread((3, 1, 2)) == "2.00 (1.00–3.00)"
    assert spread(()) == "–"


def test_percentiles_are_those_of_the_ordered_values() -> None:
    values = [float(one) for one in range(100, 0, -1)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile([7.0], 0.99)) == (51.0, 100.0, 7.0)


def test_a_bar_inside_a_cell_does_not_break_the_table() -> None:
    assert line(Row(figure="a|b")).count(" | ") == 6


def test_the_page_keeps_what_people_wrote_around_the_measured_part() -> None:
    page = f"# Title\n{BEGIN}\nold\n{END}\n\nnotes\n"
    assert with_measured(page, "new") == f"# Title\n{BEGIN}\n\nnew\n\n{END}\n\nnotes\n"
    assert with_measured("", "new").startswith("# Benchmarks")
    with pytest.raises(MarksMissingError):
        with_measured("notes alone", "new")


def test_a_table_that_was_cut_off_says_so_above_everything() -> None:
    part = measured_part([], machine=[], settings=[], pace=QUICK, states=["Cut off."])
    assert part.startswith("**Cut off.**")
