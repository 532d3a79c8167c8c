"""The population in columns: over random firms, every rule set says of many what the rule for one firm says of each."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.registry.enterprise.rules.enterprise import EnterpriseStatus, IntegrityKind, LegalForm, OpenMark
from services.registry.enterprise.rules.qualification import HeldTitle, QualificationKind
from services.registry.evaluation.rules.dossier_text import mark_of, mark_text, title_of, title_text
from services.registry.evaluation.rules.population_decision import FILING_MISSING, Decide, PopulationPolicy, decider
from services.registry.evaluation.rules.population_explanation import explain
from services.registry.evaluation.rules.population_fact import (
    BETWEEN,
    FirmColumns,
    FirmFacts,
    dossier_of,
    ratio_ppm_of,
    row_of,
)
from services.registry.evaluation.rules.tech_sme_evaluation import freeze, inputs_of
from services.registry.evaluation.rules.tech_sme_score import table_facts
from shared.kernel.evidence import EvidenceLevel
from shared.kernel.money import PPM, ratio_ppm
from shared.kernel.types import MAX_FEN
from shared.policy.problem import RuleSetInvalid
from shared.policy.rule_set import RuleSet
from tests.support.zen_oracle import by_zen
from tests.unit.registry.rule_sets import BOOK, TODAY

RUNNABLE = [one for one in BOOK.rule_sets if one.policy in set(PopulationPolicy)]
NAMES = [f"{one.policy}-{one.version}" for one in RUNNABLE]
SPRING = date(2026, 3, 1)


@cache
def decider_of(sha256: str) -> Decide:
    return decider(next(one for one in RUNNABLE if one.sha256 == sha256))


def days() -> st.SearchStrategy[date]:
    """Return days near the edges: five years back, the turn of a year, the day itself."""
    edges = [date(2021, TODAY.month, TODAY.day), date(2024, 12, 31), date(2025, 1, 1), SPRING, TODAY]
    near = [edge + timedelta(days=step) for edge in edges for step in (-1, 0, 1)]
    return st.sampled_from(near) | st.dates(date(2015, 1, 1), TODAY)


@st.composite
def marks(draw: st.DrawFn) -> OpenMark:
    opened = draw(days())
    cleared = draw(st.none() | st.integers(0, 900).map(lambda more: opened + timedelta(days=more)))
    return OpenMark(draw(st.sampled_from(IntegrityKind)), opened, cleared)


@st.composite
def titles(draw: st.DrawFn) -> HeldTitle:
    kind, begins = draw(st.sampled_from(QualificationKind)), draw(days())
    rank = draw(st.none() | st.integers(1, 9))
    led = kind is QualificationKind.STANDARD_LEAD
    return HeldTitle(
        kind=kind,
        number="1",
        valid_from_on=begins,
        valid_until_on=draw(st.none() | days()),
        revoked_on=draw(st.none() | days()),
        evidence_level=EvidenceLevel.DOCUMENT,
        award_rank=None if led else rank,
        drafting_rank=rank if led else None,
    )


def money() -> st.SearchStrategy[int]:
    """Return amounts: none, some that meet the ratios of the tables exactly, the bounds of the conditions, the most."""
    round_sums = [step * 10_000_000 for step in (1, 2, 3, 4, 5, 6, 10, 15, 20, 25, 30, 100)]
    bounds = [20_000_000_000 + step for step in (-1, 0, 1)]
    return st.sampled_from([0, *round_sums, *bounds, MAX_FEN]) | st.integers(0, 3 * 10**10) | st.integers(0, MAX_FEN)


@st.composite
def firms(draw: st.DrawFn) -> FirmFacts:
    year = draw(st.sampled_from([None, 2023, 2024, 2025, 2025, 2025]))
    filed = year is not None
    people = st.sampled_from([0, 1, 9, 10, 19, 20, 100, 299, 300, 499, 500, 501, 999, 1000]) | st.integers(0, 10**8)
    counts = st.integers(0, 6)
    received = draw(st.booleans())
    sections = (
        "A0111 C3825 E4710 F5111 F5211 G5311 G5431 I6311 I6510 J6611 K7010 K7040 L7211 M7310 P8310 Q8411 Q8511 S9111"
    )
    industries = st.sampled_from(sections.split()) | st.from_regex(r"[A-T][0-9]{4}", fullmatch=True)
    return FirmFacts(
        uscc="91500000MA00000000",
        enterprise_version=draw(counts) + 1,
        status=draw(st.sampled_from(EnterpriseStatus)).value,
        legal_form=draw(st.sampled_from(LegalForm)).value,
        industry_barred=draw(st.booleans()),
        industry_code=draw(st.none() | industries),
        filing_year=year,
        filing_version=1 if filed else None,
        staff=draw(people) if filed else 0,
        science_staff=draw(people) if filed else 0,
        senior_title_staff=draw(counts) if filed else 0,
        revenue_fen=draw(money()) if filed else 0,
        cost_expense_fen=draw(money()) if filed else 0,
        assets_fen=draw(money()) if filed else 0,
        rd_expense_fen=draw(money()) if filed else 0,
        innovative_products=draw(counts) if filed else 0,
        portfolio_version=1 if received else None,
        class_1_count=draw(counts) if received else 0,
        class_2_count=draw(counts) if received else 0,
        marks=BETWEEN.join(map(mark_text, draw(st.lists(marks(), max_size=2)))),
        titles=BETWEEN.join(map(title_text, draw(st.lists(titles(), max_size=3)))),
    )


def good_firm(**values: object) -> FirmFacts:
    """Return a firm that qualifies with 70 points, some facts changed."""
    given: dict[str, object] = {
        "uscc": "91500000MA00000000", "enterprise_version": 1, "status": "ACTIVE", "legal_form": "LIMITED",
        "industry_barred": False, "industry_code": "I6510", "filing_year": 2025, "filing_version": 1, "staff": 100,
        "science_staff": 30, "senior_title_staff": 1, "revenue_fen": 10_000_000_000,
        "cost_expense_fen": 8_000_000_000, "assets_fen": 10_000_000_000, "rd_expense_fen": 600_000_000,
        "innovative_products": 0, "portfolio_version": None, "class_1_count": 0, "class_2_count": 0, "marks": "",
        "titles": "",
    }  # fmt: skip
    return FirmFacts(**{**given, **values})  # type: ignore[arg-type]


def told(rule_set: RuleSet, facts: list[FirmFacts], as_of: date = TODAY) -> list[tuple[str, int | None, int, str]]:
    """Return what the columns say of each firm."""
    return decider_of(rule_set.sha256)(FirmColumns.of([row_of(one) for one in facts]), as_of).rows()


def test_all_three_rule_sets_that_decide_on_filings_run_in_columns() -> None:
    assert {one.policy for one in RUNNABLE} == {"tech_sme_evaluation", "size_class", "tech_enterprise_register"}


@pytest.mark.parametrize("rule_set", RUNNABLE, ids=NAMES)
@pytest.mark.parametrize("as_of", [TODAY, SPRING])
@settings(max_examples=60)
@given(held=st.lists(firms(), min_size=1, max_size=12))
def test_over_random_firms_columns_say_what_the_rule_for_one_firm_says(
    rule_set: RuleSet, as_of: date, held: list[FirmFacts]
) -> None:
    for facts, columns in zip(held, told(rule_set, held, as_of), strict=True):
        alone = explain(rule_set, facts, as_of=as_of)
        assert columns == (alone.verdict, alone.score_milli, alone.gates, alone.hits)


@settings(max_examples=100)
@given(held=firms().filter(lambda one: one.filing_year == 2025))
def test_the_rows_hit_and_the_points_are_those_of_zen(held: FirmFacts) -> None:
    rule_set = BOOK.pick("tech_sme_evaluation", TODAY)
    facts: Mapping[str, int | None] = table_facts(inputs_of(freeze(dossier_of(held))))
    answer = by_zen(rule_set, facts)
    assert rule_set.graph is not None
    ((_, score_milli, _, hits),) = told(rule_set, [held])
    assert hits == " ".join(answer[table.name]["row"] for table in rule_set.graph.tables)
    points = {name: row["points_milli"] for name, row in answer.items()}
    assert score_milli == points["science_staff"] + max(points["rd_by_sales"], points["rd_by_cost"]) + max(
        points["class_1_rights"], points["class_2_rights"]
    )


@given(part=st.integers(0, MAX_FEN), whole=st.integers(0, MAX_FEN))
def test_a_ratio_in_columns_is_exact_up_to_the_largest_amount(part: int, whole: int) -> None:
    found, known = ratio_ppm_of(np.array([part]), np.array([whole]))
    expected = ratio_ppm(part, whole)
    assert bool(known[0]) is (expected is not None)
    if expected is not None:
        assert found[0] == min(expected, 1000 * PPM)


@given(mark=marks(), title=titles())
def test_marks_and_titles_are_read_back_as_they_were_frozen(mark: OpenMark, title: HeldTitle) -> None:
    assert mark_of(mark_text(mark)) == mark
    assert title_of(title_text(title), title.number) == title


def test_a_firm_that_qualifies_is_told_with_score_conditions_and_rows() -> None:
    rule_set = BOOK.pick("tech_sme_evaluation", TODAY)
    ((verdict, score_milli, gates, hits),) = told(rule_set, [good_firm()])
    assert (verdict, score_milli, gates) == ("QUALIFIED", 70_000, 0b11111)
    assert len(hits.split()) == 5


@pytest.mark.parametrize(("changed", "condition"), [
    ({"legal_form": "BRANCH"}, 0),
    ({"staff": 501, "science_staff": 200}, 1),
    ({"industry_barred": True}, 2),
    ({"marks": "SERIOUS_DISHONESTY 2020-01-01 -"}, 3),
    ({"science_staff": 0}, 4),
])  # fmt: skip
def test_one_condition_that_fails_is_the_one_bit_that_is_missing(changed: dict[str, object], condition: int) -> None:
    rule_set = BOOK.pick("tech_sme_evaluation", TODAY)
    ((verdict, _, gates, _),) = told(rule_set, [good_firm(**changed)])
    assert (verdict, gates) == ("NOT_QUALIFIED", 0b11111 & ~(1 << condition))


@pytest.mark.parametrize("rule_set", RUNNABLE, ids=NAMES)
def test_a_firm_without_a_filing_is_not_judged(rule_set: RuleSet) -> None:
    none = good_firm(filing_year=None, filing_version=None, staff=0, revenue_fen=0, assets_fen=0)
    assert told(rule_set, [none]) == [(FILING_MISSING, None, 0, "")]


@pytest.mark.parametrize("rule_set", RUNNABLE, ids=NAMES)
def test_a_range_without_firms_has_no_rows(rule_set: RuleSet) -> None:
    assert told(rule_set, []) == []


def test_a_rule_set_that_columns_do_not_know_is_named_in_words() -> None:
    strange = BOOK.pick("title_validity", TODAY)
    with pytest.raises(RuleSetInvalid, match=f"title_validity {strange.version} cannot be decided in columns"):
        decider(strange)
