"""A decision record has one form in bytes, and its stored facts make the same bytes again."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from shared.policy.decision import DecisionRecord, Fact, Gate, canonical, open_record
from shared.policy.explain import lines
from shared.policy.header import Confidence
from shared.policy.rule_set import RuleSet
from tests.support.policy import rule_set

RULES = rule_set()
GATE = Gate(
    code="integrity",
    open=True,
    label_zh="无严重失信",
    label_en="no serious dishonesty",
    way_out_zh="—",
    way_out_en="—",
    article="第六条",
    source="示例办法",
    confidence=Confidence.OFFICIAL,
)


def decide(rules: RuleSet, facts: dict[str, Fact], as_of: date) -> bytes:
    """Decide as a service does, and return the bytes of the record."""
    outcome = rules.evaluate(facts)
    return canonical(
        DecisionRecord(
            policy=rules.policy,
            version=rules.version,
            rule_set_sha256=rules.sha256,
            as_of=as_of,
            facts=facts,
            result=outcome.result,
            lines=lines(rules, outcome, facts),
            gates=[GATE],
        )
    )


def facts_of(ratio: int | None, defects: int | None, title: str | None) -> dict[str, Fact]:
    """Return facts with origins."""
    return {
        "rd_ratio_ppm": Fact(ratio, "registry.filing.accepted/91500107MA5XTE8T03/2025@v3"),
        "defect_count": Fact(defects, "ipr.portfolio.changed/91500107MA5XTE8T03@v7"),
        "title": Fact(title, "absent"),
    }


MANY = st.builds(
    facts_of, st.none() | st.integers(0, 100_000), st.none() | st.integers(0, 9), st.none() | st.text(max_size=9)
)


@given(MANY)
def test_the_stored_facts_make_the_same_bytes_again(facts: dict[str, Fact]) -> None:
    stored = decide(RULES, facts, date(2026, 11, 23))
    opened = open_record(stored)
    again = RuleSet.parse(RULES.content)
    assert (opened.rule_set_sha256, opened.policy, opened.version) == (again.sha256, again.policy, again.version)
    assert opened.facts == facts
    assert decide(again, opened.facts, opened.as_of) == stored


def test_one_changed_fact_changes_the_bytes() -> None:
    stored = decide(RULES, facts_of(50000, 1, "HNTE"), date(2026, 11, 23))
    opened = open_record(stored)
    for name, fact in opened.facts.items():
        changed = opened.facts | {name: replace(fact, value=None)}
        assert decide(RULES, changed, opened.as_of) != stored
        moved = opened.facts | {name: replace(fact, origin="elsewhere")}
        assert decide(RULES, moved, opened.as_of) != stored


def test_the_order_in_which_facts_were_gathered_does_not_matter() -> None:
    facts = facts_of(50000, 1, "HNTE")
    turned = dict(reversed(list(facts.items())))
    assert decide(RULES, facts, date(2026, 1, 1)) == decide(RULES, turned, date(2026, 1, 1))


def test_the_bytes_are_plain_json_that_anyone_can_read() -> None:
    document = json.loads(decide(RULES, facts_of(50000, 1, "HNTE"), date(2026, 11, 23)))
    assert document["as_of"] == "2026-11-23"
    assert document["result"]["rd_ratio"] == {"points_milli": 30000, "row": "t2"}
    assert document["gates"][0]["confidence"] == "official"
    assert document["lines"][0]["next_tier"]["needs"] == 60000


WORDS = st.text(max_size=6) | st.sampled_from(["\ue000", "\U00010000", "\x7f", "\x00", "\u2028", '"', "\\"])
NESTED = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(WORDS, NESTED, max_size=5))
def test_the_bytes_are_those_of_rfc_8785(result: dict[str, Any]) -> None:
    record = DecisionRecord(
        policy="p",
        version="2022.1",
        rule_set_sha256="0",
        as_of=date(2026, 1, 1),
        facts={},
        result=result,
        lines=[],
    )
    plain = {
        "policy": "p",
        "version": "2022.1",
        "rule_set_sha256": "0",
        "as_of": "2026-01-01",
        "facts": {},
        "result": result,
        "lines": [],
        "gates": [],
    }
    assert canonical(record) == rfc8785.dumps(plain)


@pytest.mark.parametrize("value", [0.5, object(), {"a": 1.0}, [0.1]])
def test_a_float_has_no_place_in_a_record(value: Any) -> None:
    record = DecisionRecord(
        policy="p",
        version="2022.1",
        rule_set_sha256="0",
        as_of=date(2026, 1, 1),
        facts={},
        result={"a": value},
        lines=[],
    )
    with pytest.raises(TypeError, match="no place in a decision record"):
        canonical(record)


def test_a_number_that_json_would_round_has_no_place_in_a_record() -> None:
    record = DecisionRecord(
        policy="p",
        version="2022.1",
        rule_set_sha256="0",
        as_of=date(2026, 1, 1),
        facts={},
        result={"a": 2**53},
        lines=[],
    )
    with pytest.raises(ValueError, match="no canonical form"):
        canonical(record)


@pytest.mark.parametrize("content", [b"{}", b"[]", b'{"facts": {"a": 1}}'])
def test_other_bytes_are_no_decision_record(content: bytes) -> None:
    with pytest.raises(ValueError, match="not a decision record"):
        open_record(content)
