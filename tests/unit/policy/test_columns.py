"""Tables decided for one firm, in columns, and by zen as a foreign oracle: every witness and random facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.policy.book import RuleBook
from shared.policy.cell import Condition, Kind, Scalar
from shared.policy.columns import Column, ColumnTables
from shared.policy.graph import Graph
from shared.policy.problem import FactInvalid, RuleSetInvalid
from shared.policy.rule_set import RuleSet
from shared.policy.table import Table
from tests.support import policy
from tests.support.source import ROOT, SERVICES
from tests.support.zen_oracle import by_zen

Facts = Mapping[str, Scalar | None]
SHIPPED = [
    rule_set
    for service in SERVICES
    if (folder := ROOT / "services" / service / "policies").is_dir()
    for rule_set in RuleBook.from_folder(folder).rule_sets
    if rule_set.graph is not None
]
WITH_TABLES = [*SHIPPED, policy.rule_set()]
NAMES = [f"{one.policy}-{one.version}" for one in WITH_TABLES]


def graph_of(rule_set: RuleSet) -> Graph:
    assert rule_set.graph is not None
    return rule_set.graph


def in_columns(rule_set: RuleSet, firms: Sequence[Facts]) -> list[dict[str, dict[str, Scalar]]]:
    """Return `table → outputs` of each firm as the columns say."""
    graph = graph_of(rule_set)
    columns = {name: Column.of([one[name] for one in firms], kind) for name, kind in graph.facts.items()}
    found = ColumnTables.of(rule_set).evaluate(columns)
    return [
        {name: dict(hits.table.rows[hits.places[number]].values) for name, hits in found.items()}
        for number in range(len(firms))
    ]


def alone(rule_set: RuleSet, facts: Facts) -> dict[str, dict[str, Scalar]]:
    """Return `table → outputs` as a service evaluates one firm."""
    return {name: dict(row) for name, row in rule_set.evaluate(facts).result.items()}


def edges(table: Table, place: int) -> list[int]:
    found = [end for row in table.rows for end in (row.conditions[place].low, row.conditions[place].high) if end]
    return sorted({near for end in found for near in (end - 1, end, end + 1)} | {0})


def facts_of(graph: Graph) -> st.SearchStrategy[Facts]:
    """Return a strategy of facts that stand at, beside and far from the edges of the cells."""
    drawn: dict[str, st.SearchStrategy[Scalar | None]] = {}
    for name, kind in graph.facts.items():
        places = [(table, table.inputs.index(name)) for table in graph.tables if name in table.inputs]
        if kind is Kind.INTEGER:
            near = sorted({edge for table, place in places for edge in edges(table, place)})
            values: st.SearchStrategy[Scalar] = st.sampled_from(near) | st.integers(-(2**53) + 1, 2**53 - 1)
        elif kind is Kind.FLAG:
            values = st.booleans()
        else:
            words = {word for table, at in places for row in table.rows for word in row.conditions[at].values}
            values = st.sampled_from(sorted(map(str, words))) if words else st.text(max_size=3)
            values |= st.text(max_size=3)
        drawn[name] = st.none() | values
    return st.fixed_dictionaries(drawn)


def test_there_are_tables_to_compare() -> None:
    assert len(SHIPPED) >= 5


@pytest.mark.parametrize("rule_set", WITH_TABLES, ids=NAMES)
def test_at_every_witness_of_every_table_one_firm_columns_and_zen_agree(rule_set: RuleSet) -> None:
    graph = graph_of(rule_set)
    witnesses = list(graph.witnesses())
    for facts, columns in zip(witnesses, in_columns(rule_set, witnesses), strict=True):
        assert alone(rule_set, facts) == columns == by_zen(rule_set, facts)


@pytest.mark.parametrize("rule_set", WITH_TABLES, ids=NAMES)
@settings(max_examples=40)
@given(data=st.data())
def test_over_random_firms_one_firm_columns_and_zen_agree(rule_set: RuleSet, data: st.DataObject) -> None:
    graph = graph_of(rule_set)
    firms = data.draw(st.lists(facts_of(graph), min_size=1, max_size=20))
    for facts, columns in zip(firms, in_columns(rule_set, firms), strict=True):
        assert alone(rule_set, facts) == columns == by_zen(rule_set, facts)


def tables_with(condition: Condition) -> RuleSet:
    """Return the example, its very first condition put in the place of that of its second row."""
    rule_set = policy.rule_set()
    graph = graph_of(rule_set)
    first, *others = graph.tables
    rows = list(first.rows)
    rows[1] = replace(rows[1], conditions=(condition, *rows[1].conditions[1:]))
    return replace(rule_set, graph=replace(graph, tables=(replace(first, rows=tuple(rows)), *others)))


def test_a_condition_of_a_kind_that_columns_do_not_know_is_refused_with_its_table_and_row() -> None:
    strange = tables_with(Condition(kind="day"))  # type: ignore[arg-type]  # a kind that the cells may learn one day
    with pytest.raises(RuleSetInvalid, match="cannot be decided in columns: conditions on day") as refused:
        ColumnTables.of(strange)
    table = graph_of(strange).tables[0]
    assert (refused.value.node, refused.value.row) == (table.name, table.rows[1].row_id)


def test_a_condition_that_says_more_than_columns_look_at_is_refused() -> None:
    @dataclass(frozen=True, slots=True)
    class Negated(Condition):
        negated: bool = False

    with pytest.raises(RuleSetInvalid, match="cannot be decided in columns: Negated"):
        ColumnTables.of(tables_with(Negated(Kind.INTEGER, low=1)))


def test_a_rule_set_of_parameters_alone_cannot_be_decided_in_columns() -> None:
    with pytest.raises(RuleSetInvalid, match="has no tables"):
        ColumnTables.of(replace(policy.rule_set(), graph=None))


def test_a_column_that_is_missing_of_another_type_too_large_or_too_short_is_refused() -> None:
    rule_set = next(one for one in SHIPPED if one.policy == "tech_sme_evaluation")
    tables = ColumnTables.of(rule_set)
    good = {name: Column.of([1, 2], Kind.INTEGER) for name in graph_of(rule_set).facts}
    assert tables.evaluate(good)
    name = next(iter(good))
    for bad, said in (
        ({}, "was not given"),
        ({name: Column.whole(np.array([1.0, 2.0]))}, "holds float64"),
        ({name: Column.whole(np.array([True, False]))}, "holds bool"),
        ({name: Column.of([1, 2**53], Kind.INTEGER)}, "above"),
        ({name: Column.of([1], Kind.INTEGER)}, "lengths"),
    ):
        with pytest.raises(FactInvalid, match=said):
            tables.evaluate({**{key: value for key, value in good.items() if key != name}, **bad})


def test_an_unknown_number_is_never_taken_for_zero() -> None:
    rule_set = next(one for one in SHIPPED if one.policy == "tech_sme_evaluation")
    table = graph_of(rule_set).table("science_staff")
    unknown, zero = (
        table.rows[found["science_staff"].places[0]].row_id
        for found in (
            ColumnTables.of(rule_set).evaluate(
                {"science_staff_ppm": Column.of([value], Kind.INTEGER)}, nodes=["science_staff"]
            )
            for value in (None, 0)
        )
    )
    assert table.hit({"science_staff_ppm": None}).row_id == unknown
    assert table.hit({"science_staff_ppm": 0}).row_id == zero
