"""What a rule set says of itself is read exactly, and an indicator tells the truth about its table."""

import json
from typing import Any

import pytest

from shared.policy.rule_set import RuleSet, RuleSetInvalid
from tests.support.policy import document, rule_set, table


def refused(changed: dict[str, Any], words: str) -> None:
    """Expect the refusal with its words."""
    with pytest.raises(RuleSetInvalid, match=words):
        rule_set(changed)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[]", "one JSON object"),
        (b"\xff", "UTF-8"),
        (b'{"header": {}', "not readable"),
        (b'{"a": 1, "a": 2}', "stands twice"),
        (b'{"a": 0.5}', "not a whole number"),
        (b'{"a": NaN}', "not a whole number"),
        (b"{}", "has the parts"),
    ],
)
def test_a_file_that_is_not_read_exactly_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(RuleSetInvalid, match=words) as caught:
        RuleSet.parse(content, name="broken.json")
    assert caught.value.file == "broken.json"


@pytest.mark.parametrize(
    "word", ["policy", "version", "title_zh", "effective_from", "effective_to", "source_no", "status"]
)
def test_a_header_without_a_word_is_refused(word: str) -> None:
    bad = document()
    del bad["header"][word]
    refused(bad, f"header: {word}")


def test_a_period_that_runs_backwards_is_refused() -> None:
    bad = document()
    bad["header"]["effective_to"] = "2021-12-31"
    refused(bad, "before effective_from")


@pytest.mark.parametrize("word", ["unit", "confidence", "source", "article", "label_zh", "label_en", "value"])
def test_a_parameter_without_a_word_is_refused(word: str) -> None:
    bad = document()
    del bad["parameters"]["pass_score_milli"][word]
    refused(bad, f"parameter pass_score_milli: {word}")


@pytest.mark.parametrize("confidence", ["sure", "", None, True])
def test_a_parameter_is_official_reported_or_assumed(confidence: object) -> None:
    bad = document()
    bad["parameters"]["pass_score_milli"]["confidence"] = confidence
    refused(bad, "parameter pass_score_milli: confidence")


@pytest.mark.parametrize("value", [None, {}, [], [1, "a"], [True, 1], [[1]], 2**53])
def test_a_parameter_has_an_exact_value(value: object) -> None:
    bad = document()
    bad["parameters"]["pass_score_milli"]["value"] = value
    refused(bad, "parameter pass_score_milli")


def test_an_unknown_word_is_refused() -> None:
    bad = document()
    bad["parameters"]["pass_score_milli"]["labelzh"] = "x"
    refused(bad, "labelzh")


@pytest.mark.parametrize(
    ("word", "value", "words"),
    [
        ("node", "rd_ratios", "which is not there"),
        ("input", "rd_amount_fen", "which is no input"),
        ("max_points_milli", 40000, "the table at most 50000"),
        ("direction", "lower", "says otherwise"),
        ("id", "defects", "share an id"),
        ("node", None, "or neither"),
    ],
)
def test_an_indicator_that_belies_its_table_is_refused(word: str, value: object, words: str) -> None:
    bad = document()
    bad["indicators"][0][word] = value
    refused(bad, words)


def test_points_that_rise_down_the_rows_are_refused() -> None:
    bad = document()
    table(bad, "rd_ratio")["rules"][3]["points_milli"] = "40000"
    refused(bad, "from most to fewest points")


def test_an_indicator_that_cannot_be_assessed_says_why() -> None:
    bad = document()
    del bad["indicators"][2]["note_en"]
    refused(bad, "says why")


def test_a_parameter_is_given_with_its_source_and_by_its_type() -> None:
    rules = rule_set()
    assert rules.param("pass_score_milli").article == "第五条"
    assert rules.param_int("pass_score_milli") == 60000
    assert rules.param_text("title_code") == "HNTE"
    assert rules.param_list("sectors") == ("C", "I")
    for read in (rules.param_text, rules.param_flag, rules.param_list, rules.param_ints):
        with pytest.raises(TypeError, match="the parameter pass_score_milli of example_score"):
            read("pass_score_milli")
    with pytest.raises(TypeError, match="title_code"):
        rules.param_int("title_code")
    with pytest.raises(KeyError, match="no parameter pass_score"):
        rules.param("pass_score")


def test_lists_of_numbers_and_flags_are_given_by_their_type() -> None:
    changed = document()
    changed["parameters"]["sectors"]["value"] = [3, 5]
    changed["parameters"]["title_code"]["value"] = True
    rules = rule_set(changed)
    assert rules.param_ints("sectors") == (3, 5)
    assert rules.param_flag("title_code") is True
    with pytest.raises(TypeError):
        rules.param_int("title_code")


def test_the_hash_is_that_of_the_bytes() -> None:
    one = json.dumps(document()).encode()
    assert RuleSet.parse(one).sha256 != RuleSet.parse(one + b" ").sha256
    assert RuleSet.parse(one).content == one
