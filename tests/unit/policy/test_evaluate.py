"""An evaluation takes whole facts and gives whole numbers; each table says which row it hit."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.policy.decision import Fact
from shared.policy.rule_set import FactInvalid, Hit
from tests.support.policy import document, rule_set, table
from tests.support.zen_oracle import by_zen

RULES = rule_set()
FACTS: dict[str, Any] = {"rd_ratio_ppm": 60000, "defect_count": 0, "title": "SRDI"}
# Typed from the example by hand: value of the fact, row, points.
RATIO = [(None, "absent", 0), (19999, "none", 0), (20000, "t3", 10000), (39999, "t3", 10000), (40000, "t2", 30000)]
RATIO += [(59999, "t2", 30000), (60000, "t1", 50000), (2**53 - 1, "t1", 50000), (-1, "none", 0)]


@pytest.mark.parametrize(("value", "row", "points"), RATIO)
def test_each_bound_belongs_to_the_tier_above_it(value: int | None, row: str, points: int) -> None:
    assert RULES.evaluate(FACTS | {"rd_ratio_ppm": value}).hit("rd_ratio") == Hit("rd_ratio", row, points)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("5", [5], [4, 6]),
        ("-5", [-5], [-4, -6, 5]),
        (">= 5", [5, 6, 2**53 - 1], [4]),
        ("> 5", [6], [5]),
        ("<= 5", [5, 4, -(2**53) + 1], [6]),
        ("< 5", [4], [5]),
        ("[5..9]", [5, 9], [4, 10]),
        ("[5..9)", [5, 8], [4, 9]),
        ("(5..9]", [6, 9], [5, 10]),
        ("(5..9)", [6, 8], [5, 9]),
        ("[-9..-5)", [-9, -6], [-10, -5]),
        ("p.defect_points_milli", [10000], [9999, 10001]),
        ("(5..p.defect_points_milli]", [6, 10000], [5, 10001]),
        ('"C"', ["C"], ["", "c", "CC"]),
        ("'C'", ["C"], ["c"]),
        ('"C", "I"', ["C", "I"], ["C, I"]),
        ("true", [True], [False]),
        ("false", [False], [True]),
    ],
)
def test_a_cell_takes_exactly_what_it_says(text: str, inside: list[Any], outside: list[Any]) -> None:
    changed = document()
    rules = table(changed, "defects")["rules"]
    rules[1]["i1"] = text
    table(changed, "defects")["rules"] = [rules[0], rules[1], rules[3]]
    changed["indicators"] = changed["indicators"][:1]
    rows = rule_set(changed)
    hits = {
        value: rows.evaluate({"defect_count": value}, nodes={"defects"}).hits[0].row_id for value in inside + outside
    }
    assert hits == dict.fromkeys(inside, "t1") | dict.fromkeys(outside, "none")
    for value, row in hits.items():
        assert by_zen(rows, {"defect_count": value})["defects"]["row"] == row
    assert rows.evaluate({"defect_count": None}, nodes={"defects"}).hits[0].row_id == "absent"


def test_a_parameter_gives_points_and_bounds() -> None:
    assert RULES.evaluate(FACTS).result["defects"] == {"row": "t1", "points_milli": 10000}


def test_a_table_reads_the_points_of_another() -> None:
    assert RULES.evaluate(FACTS).result["verdict"] == {"row": "yes", "passed": True, "words": "通过"}
    assert RULES.evaluate(FACTS | {"rd_ratio_ppm": 39999}).result["verdict"]["passed"] is False
    assert RULES.evaluate(FACTS | {"title": None}).hit("verdict").row_id == "untitled"


def test_a_fact_with_its_origin_is_taken_for_its_value() -> None:
    assert RULES.evaluate(FACTS | {"rd_ratio_ppm": Fact(60000, "registry@v3")}) == RULES.evaluate(FACTS)


def test_one_table_is_evaluated_alone() -> None:
    outcome = RULES.evaluate({"defect_count": 1}, nodes={"defects"})
    assert outcome.hits == (Hit("defects", "t2", 5000),)
    assert set(outcome.result) == {"defects"}
    with pytest.raises(KeyError):
        outcome.hit("rd_ratio")


def test_a_table_that_reads_another_needs_the_facts_of_both() -> None:
    with pytest.raises(FactInvalid, match="rd_ratio_ppm"):
        RULES.evaluate({"title": "SRDI"}, nodes={"verdict"})


@pytest.mark.parametrize("name", list(FACTS))
def test_a_fact_that_was_not_given_is_an_error_and_no_zero(name: str) -> None:
    with pytest.raises(FactInvalid, match=name):
        RULES.evaluate({key: value for key, value in FACTS.items() if key != name})


@pytest.mark.parametrize("value", [0.06, Decimal(60000), "60000", True, 2**53, [60000], {"value": 1}])
def test_a_fact_of_another_type_is_an_error_and_no_zero(value: object) -> None:
    with pytest.raises(FactInvalid, match="rd_ratio_ppm"):
        RULES.evaluate(FACTS | {"rd_ratio_ppm": value})


def test_an_unknown_table_is_an_error() -> None:
    with pytest.raises(KeyError, match="verdicts"):
        RULES.evaluate(FACTS, nodes={"verdicts"})


def test_a_rule_set_of_parameters_alone_has_nothing_to_evaluate() -> None:
    changed = document() | {"graph": None, "indicators": []}
    with pytest.raises(FactInvalid, match="parameters alone"):
        rule_set(changed).evaluate({})


@given(
    ratio=st.none() | st.integers(-(2**53) + 1, 2**53 - 1) | st.integers(15000, 65000),
    defects=st.none() | st.integers(-1, 4),
    title=st.none() | st.sampled_from(["HNTE", "SRDI", "", "hnte", "null", "其他"]),
)
def test_zen_and_our_own_reading_of_the_cells_agree(ratio: int | None, defects: int | None, title: str | None) -> None:
    facts = {"rd_ratio_ppm": ratio, "defect_count": defects, "title": title}
    assert RULES.evaluate(facts).result == by_zen(RULES, facts)


@given(st.integers(0, 100_000), st.integers(0, 100_000))
def test_more_of_a_good_indicator_never_gives_fewer_points(one: int, other: int) -> None:
    less, more = sorted((one, other))
    points = [RULES.evaluate(FACTS | {"rd_ratio_ppm": value}).hit("rd_ratio").points_milli for value in (less, more)]
    assert points[0] <= points[1]


def test_the_facts_given_are_not_changed() -> None:
    facts = dict(FACTS)
    RULES.evaluate(facts)
    assert facts == FACTS
