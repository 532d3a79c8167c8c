"""Everything that the engine passes over in silence is refused when the rule set is read, with file, table and row."""

from typing import Any

import pytest

from shared.policy.rule_set import RuleSet, RuleSetInvalid
from shared.policy.table import RESERVED
from tests.support.policy import EXAMPLE, document, rule_set, table
from tests.support.zen_oracle import engine_of


def cell(changed: dict[str, Any], name: str, row: int, column: str, text: Any) -> dict[str, Any]:
    """Return the document with one cell changed."""
    table(changed, name)["rules"][row][column] = text
    return changed


def refused(changed: dict[str, Any], words: str, *, node: str = "", row: str = "") -> None:
    """Expect the refusal, its words and its place."""
    with pytest.raises(RuleSetInvalid, match=words) as caught:
        rule_set(changed)
    assert (caught.value.file, caught.value.node, caught.value.row) == ("example.json", node, row)


def test_the_example_itself_is_taken() -> None:
    assert RuleSet.parse(EXAMPLE.read_bytes()).policy == "example_score"


@pytest.mark.parametrize(
    ("bad", "ratio"),
    [("[60000..40000)", 50000), (">= p.top_ratio", 50000), ("bad bad", 50000), ('"50000"', 50000), ("> = 5", 50000)],
)
def test_the_engine_alone_would_score_0_without_a_word(bad: str, ratio: int) -> None:
    """The reason for all these checks, seen on the engine itself."""
    graph = cell(document(), "rd_ratio", 1, "i1", bad)["graph"]
    graph["nodes"][1]["content"]["rules"] = [graph["nodes"][1]["content"]["rules"][number] for number in (1, 4)]
    answer = engine_of(graph).evaluate("graph", {"rd_ratio_ppm": ratio, "defect_count": 0, "title": None, "p": {}})
    assert answer["result"]["rd_ratio"] == {"row": "none", "points_milli": 0}


@pytest.mark.parametrize(
    "bad",
    ["> = 5", ">= ", "5 5", "bad bad", "foo(1)", "> 1 and < 2", "not null", "]1..5[", "2.5", ">= 0.5", "1e3", "$ > 3"],
)
def test_a_bad_cell_is_refused(bad: str) -> None:
    refused(cell(document(), "rd_ratio", 2, "i1", bad), "the cell", node="rd_ratio", row="rd_ratio-t2")


def test_low_above_high_is_refused() -> None:
    refused(cell(document(), "rd_ratio", 2, "i1", "[60000..40000)"), "low bound", node="rd_ratio", row="rd_ratio-t2")


@pytest.mark.parametrize("empty", ["(40000..40000]", "[40000..40000)", "(39999..40000)"])
def test_an_interval_without_a_whole_number_is_refused(empty: str) -> None:
    refused(cell(document(), "rd_ratio", 2, "i1", empty), "no whole number", node="rd_ratio", row="rd_ratio-t2")


def test_a_text_where_numbers_are_compared_is_refused() -> None:
    refused(cell(document(), "rd_ratio", 2, "i1", '"50000"'), "compared with integer and text", node="rd_ratio")


def test_an_unknown_parameter_is_refused() -> None:
    bad = cell(document(), "rd_ratio", 1, "i1", ">= p.top_ratio")
    refused(bad, "p.top_ratio is not a parameter", node="rd_ratio", row="rd_ratio-t1")


def test_a_parameter_that_is_no_number_is_refused_as_a_bound() -> None:
    bad = cell(document(), "rd_ratio", 1, "i1", ">= p.title_code")
    refused(bad, "not a parameter with a whole number", node="rd_ratio", row="rd_ratio-t1")


def test_a_bound_that_the_engine_would_round_is_refused() -> None:
    bad = cell(document(), "rd_ratio", 1, "i1", ">= 9007199254740993")
    refused(bad, "round", node="rd_ratio", row="rd_ratio-t1")


def test_a_hole_between_two_tiers_is_refused() -> None:
    bad = cell(document(), "rd_ratio", 3, "i1", "[20000..39999)")
    refused(bad, "values between the rows would fall to the default: 39999..39999", node="rd_ratio")


def test_a_row_that_is_never_reached_is_refused() -> None:
    bad = cell(document(), "rd_ratio", 3, "i1", "[45000..50000)")
    refused(bad, "never reached: row t2", node="rd_ratio", row="t3")


def test_a_row_taken_by_two_rows_together_is_refused() -> None:
    bad = cell(document(), "rd_ratio", 3, "i1", "[50000..70000)")
    refused(bad, "take all of it together", node="rd_ratio", row="t3")


def test_a_default_that_is_never_reached_is_refused() -> None:
    bad = cell(document(), "rd_ratio", 3, "i1", "< 40000")
    refused(bad, "take every number", node="rd_ratio", row="none")


def test_a_missing_default_row_is_refused() -> None:
    bad = document()
    table(bad, "rd_ratio")["rules"].pop()
    refused(bad, "the last row is the default", node="rd_ratio")


def test_a_default_row_with_another_name_is_refused() -> None:
    refused(cell(document(), "rd_ratio", 4, "row", '"zero"'), "the last row is the default", node="rd_ratio")


@pytest.mark.parametrize("name", ["rd_ratio", "defects"])
def test_a_missing_null_row_is_refused(name: str) -> None:
    bad = document()
    table(bad, name)["rules"].pop(0)
    refused(bad, "an unknown .* would fall to the default", node=name)


def test_a_null_row_behind_a_test_of_the_same_input_is_refused() -> None:
    bad = document()
    rules = table(bad, "rd_ratio")["rules"]
    rules[0], rules[1] = rules[1], rules[0]
    refused(bad, "stands before the others", node="rd_ratio")


def test_a_second_input_needs_its_own_null_row() -> None:
    bad = document()
    table(bad, "verdict")["rules"].pop(1)
    refused(bad, "an unknown title would fall to the default", node="verdict")


@pytest.mark.parametrize("blank", ["", "  ", None])
def test_a_blank_output_is_refused(blank: str | None) -> None:
    bad = cell(document(), "rd_ratio", 1, "points_milli", blank)
    refused(bad, "an output cell is blank", node="rd_ratio", row="rd_ratio-t1")


def test_a_missing_cell_is_refused() -> None:
    bad = document()
    del table(bad, "rd_ratio")["rules"][1]["points_milli"]
    refused(bad, r"missing cells: \['points_milli'\]", node="rd_ratio", row="rd_ratio-t1")


def test_a_cell_of_no_column_is_refused() -> None:
    bad = cell(document(), "rd_ratio", 1, "point_milli", "50000")
    refused(bad, r"belong to no column: \['point_milli'\]", node="rd_ratio", row="rd_ratio-t1")


@pytest.mark.parametrize("bad", ["50000 / 3", "rd_ratio_ppm * 2", "50000.5", "sum([1])", '"a\\"b"', "t1"])
def test_an_expression_as_output_is_refused(bad: str) -> None:
    refused(cell(document(), "rd_ratio", 1, "points_milli", bad), "output cell", node="rd_ratio", row="rd_ratio-t1")


def test_an_output_of_two_types_is_refused() -> None:
    refused(cell(document(), "verdict", 2, "words", "1"), "of one type in every row", node="verdict")


def test_points_that_are_negative_are_refused() -> None:
    bad = cell(document(), "rd_ratio", 3, "points_milli", "-1")
    refused(bad, "0 or more", node="rd_ratio", row="rd_ratio-t3")


def test_two_rows_of_one_name_are_refused() -> None:
    refused(cell(document(), "rd_ratio", 3, "row", '"t2"'), "two rows are called t2", node="rd_ratio")


@pytest.mark.parametrize("policy", ["collect", None])
def test_another_hit_policy_is_refused(policy: str | None) -> None:
    bad = document()
    table(bad, "rd_ratio")["hitPolicy"] = policy
    refused(bad, "the hit policy is `first`", node="rd_ratio")


def test_a_setting_that_changes_the_result_is_refused() -> None:
    bad = document()
    table(bad, "rd_ratio")["passThrough"] = True
    refused(bad, "passThrough", node="rd_ratio")


def test_an_output_outside_its_table_is_refused() -> None:
    bad = document()
    table(bad, "rd_ratio")["outputs"][1]["field"] = "defects.points_milli"
    refused(bad, "outputs are named rd_ratio", node="rd_ratio")


def test_another_kind_of_node_is_refused() -> None:
    bad = document()
    bad["graph"]["nodes"].append({"id": "f", "name": "f", "type": "functionNode", "content": "x"})
    refused(bad, "functionNode")


@pytest.mark.parametrize(
    ("wire", "words"),
    [
        ("rd_ratio-output", "no wire to the output"),
        ("input-rd_ratio", "without a wire from the input"),
        ("rd_ratio-verdict", "without a wire from rd_ratio"),
    ],
)
def test_a_missing_wire_is_refused(wire: str, words: str) -> None:
    bad = document()
    bad["graph"]["edges"] = [edge for edge in bad["graph"]["edges"] if edge["id"] != wire]
    refused(bad, words, node="verdict" if wire == "rd_ratio-verdict" else "rd_ratio")


def test_a_wire_to_nowhere_is_refused() -> None:
    bad = document()
    bad["graph"]["edges"][0]["targetId"] = "rd_ratios"
    refused(bad, "one of them is no node")


def test_an_input_that_no_table_gives_is_refused() -> None:
    bad = document()
    table(bad, "verdict")["inputs"][0]["field"] = "rd_ratio.points"
    refused(bad, "which no table gives", node="verdict")


def test_tables_that_read_each_other_are_refused() -> None:
    bad = document()
    table(bad, "rd_ratio")["inputs"][0]["field"] = "verdict.passed"
    for row, text in zip(table(bad, "rd_ratio")["rules"], ["null", "true", "false", "", ""], strict=True):
        row["i1"] = text
    del table(bad, "rd_ratio")["rules"][3]
    bad["indicators"] = bad["indicators"][1:]
    bad["graph"]["edges"].append({"id": "x", "type": "edge", "sourceId": "verdict", "targetId": "rd_ratio"})
    refused(bad, "in a circle")


def test_one_fact_compared_as_two_types_is_refused() -> None:
    bad = document()
    table(bad, "defects")["inputs"][0]["field"] = "title"
    bad["indicators"] = bad["indicators"][:1]
    refused(bad, "compares title with", node="verdict")


def test_an_input_that_the_engine_would_calculate_is_refused() -> None:
    bad = document()
    table(bad, "defects")["inputs"][0]["field"] = "defect_count * 2"
    refused(bad, "the engine would calculate", node="defects")


def read_by_zen(word: str, given: str) -> str | None:
    """Return the row that zen hits in a table which looks for the text "t" in the fact named `word`; None if none."""
    graph = document()["graph"]
    content = graph["nodes"][1]["content"]
    content["inputs"][0]["field"] = word
    content["rules"] = [content["rules"][number] for number in (1, 4)]
    content["rules"][0]["i1"] = '"t"'
    graph["nodes"] = [one for one in graph["nodes"] if one["name"] != "verdict"]
    known = {one["id"] for one in graph["nodes"]}
    graph["edges"] = [one for one in graph["edges"] if {one["sourceId"], one["targetId"]} <= known]
    context = {"rd_ratio_ppm": 0, "defect_count": 0, "title": None, "p": {}, word: given}
    try:
        row: str = engine_of(graph).evaluate("graph", context)["result"]["rd_ratio"]["row"]
    except RuntimeError:
        return None
    return row


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_a_fact_with_the_name_of_a_word_of_the_cells_is_refused(word: str) -> None:
    bad = document()
    table(bad, "defects")["inputs"][0]["field"] = word
    bad["indicators"] = bad["indicators"][:1]
    refused(bad, "a word of the cells", node="defects")
    named = document()
    named["parameters"][word] = named["parameters"]["title_code"]
    refused(named, "a word of the cells")


@pytest.mark.parametrize("word", sorted(RESERVED - {"p"}))
def test_zen_reads_a_fact_with_such_a_name_otherwise_than_we_would(word: str) -> None:
    assert [read_by_zen(word, "t"), read_by_zen(word, "u")] != ["t1", "none"]


@pytest.mark.parametrize(
    "word", ["if", "then", "else", "len", "sum", "date", "d", "is", "some", "none", "row", "title"]
)
def test_zen_reads_a_fact_with_any_other_name_as_we_do(word: str) -> None:
    assert [read_by_zen(word, "t"), read_by_zen(word, "u")] == ["t1", "none"]


@pytest.mark.parametrize("kind", ["functionNode", "switchNode", "expressionNode", "decisionNode", "customNode"])
def test_a_node_that_only_an_engine_knows_is_refused_when_the_file_is_read(kind: str) -> None:
    bad = document()
    bad["graph"]["nodes"].append({"id": "extra", "name": "extra", "type": kind, "content": {}})
    refused(bad, f"not understood here: {kind}")


def test_an_output_compared_as_another_type_is_refused() -> None:
    refused(cell(document(), "verdict", 2, "i1", '"t1"'), "it is integer", node="verdict")


def test_parameters_reach_only_tables_with_a_wire_from_the_input() -> None:
    bad = document()
    content = table(bad, "verdict")
    content["inputs"][1]["field"] = "rd_ratio.row"
    bad["graph"]["edges"] = [edge for edge in bad["graph"]["edges"] if edge["id"] != "input-verdict"]
    assert rule_set(bad).graph is not None
    content["rules"][2]["words"] = "p.title_code"
    refused(bad, "reads parameters without a wire", node="verdict")
