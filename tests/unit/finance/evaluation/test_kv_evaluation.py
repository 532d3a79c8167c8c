"""The evaluation against tables typed from its published sources, and against a second calculation."""

import json
import random
import subprocess
import sys
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.finance.evaluation.rules import kv_evaluation, kv_fact
from services.finance.evaluation.rules.kv_fact import EnterpriseView, FirmView, QualificationView
from shared.policy.decision import Fact, open_record
from tests.support.oracle import knowledge_value as oracle
from tests.support.source import ROOT
from tests.unit.finance.builders import BOOK, TODAY, WAN, evaluate, filing, firm, portfolio, titles

RATIO = [(100_000, 40), (60_000, 32), (40_000, 24), (30_000, 16), (20_000, 8)]
AMOUNT = [(1_000 * WAN, 40), (500 * WAN, 32), (200 * WAN, 24), (100 * WAN, 16), (50 * WAN, 8)]
GROWTH = [(300_000, 20), (150_000, 14), (50_000, 8)]
KIND_POINTS = {
    "INVENTION": 10,
    "PLANT_VARIETY": 10,
    "IC_LAYOUT": 8,
    "UTILITY_MODEL": 3,
    "SOFTWARE_COPYRIGHT": 2,
    "DESIGN": 2,
}


def points_of(held: FirmView, indicator: str) -> int:
    """Return the points that one line of the evaluation gives, in thousandths."""
    lines = json.loads(evaluate(held).record)["lines"]
    return next(line["points_milli"] for line in lines if line["indicator"] == indicator)


def around(tiers: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return (value, points) at, one below and one above each bound."""
    cases = []
    for place, (bound, points) in enumerate(tiers):
        below = tiers[place + 1][1] if place + 1 < len(tiers) else 0
        cases += [(bound, points), (bound + 1, points), (bound - 1, below)]
    return cases


@pytest.mark.parametrize(("ppm", "points"), around(RATIO))
def test_the_ratio_tiers_hold_at_below_and_above_each_bound(ppm: int, points: int) -> None:
    held = firm(filings={2025: filing(revenue_fen=1_000_000, rd_expense_fen=ppm)})
    assert points_of(held, "rd_ratio") == points * 1_000


@pytest.mark.parametrize(("fen", "points"), around(AMOUNT))
def test_the_amount_tiers_hold_at_below_and_above_each_bound(fen: int, points: int) -> None:
    assert points_of(firm(filings={2025: filing(rd_expense_fen=fen)}), "rd_amount") == points * 1_000


@pytest.mark.parametrize(("ppm", "points"), [*around(GROWTH)[:-1], (49_999, 4), (1, 4), (0, 0), (-1, 0)])
def test_the_growth_tiers_hold_at_below_and_above_each_bound(ppm: int, points: int) -> None:
    before = filing(2024, rd_expense_fen=1_000_000)
    held = firm(filings={2024: before, 2025: filing(rd_expense_fen=1_000_000 + ppm)})
    assert points_of(held, "rd_growth") == points * 1_000


def test_growth_by_a_single_fen_on_a_large_base_is_growth() -> None:
    before = filing(2024, rd_expense_fen=9_000_000_000)
    assert points_of(firm(filings={2024: before, 2025: filing(rd_expense_fen=9_000_000_001)}), "rd_growth") == 4_000


def test_absurd_amounts_are_evaluated_and_replayed_as_others_are() -> None:
    most = 9_000_000_000_000_000
    filings = {2024: filing(2024, rd_expense_fen=1), 2025: filing(revenue_fen=1, rd_expense_fen=most, rd_staff=10**8)}
    held = firm(filings=filings)
    assert [points_of(held, one) for one in ("rd_ratio", "rd_amount", "rd_growth", "talent")] == [
        40_000,
        40_000,
        20_000,
        10_000,
    ]
    assert kv_fact.share_ppm(most, 1) == kv_fact.growth_ppm(most, 1) == 1_000_000_000
    assert kv_fact.share_ppm(1, 0) is None


@pytest.mark.parametrize(("kind", "points"), KIND_POINTS.items())
def test_a_right_gives_the_points_of_its_kind_times_its_weight(kind: str, points: int) -> None:
    assert points_of(firm(portfolio=portfolio(0, **{kind: (1, 1_000)})), "ip_rights") == points * 1_000
    assert points_of(firm(portfolio=portfolio(0, **{kind: (1, 850)})), "ip_rights") == points * 850


def test_rights_give_sixty_points_at_most_and_high_value_patents_ten() -> None:
    rich = firm(portfolio=portfolio(7, INVENTION=(40, 40_000)))
    assert (points_of(rich, "ip_rights"), points_of(rich, "high_value")) == (60_000, 10_000)
    assert points_of(firm(portfolio=portfolio(1, INVENTION=(5, 5_999))), "ip_rights") == 59_990


def test_no_firm_scores_above_a_hundred() -> None:
    rich = firm(
        filings={2024: filing(2024), 2025: filing(rd_expense_fen=2_000 * WAN, rd_staff=60, innovative_products=9)},
        qualifications=titles("TECH_ENTERPRISE", "HNTE"),
        portfolio=portfolio(9, INVENTION=(40, 40_000)),
    )
    result = json.loads(evaluate(rich).record)["result"]
    assert (result["base_milli"], result["bonus_milli"], result["score_milli"]) == (82_000, 26_000, 100_000)


def test_a_fresh_process_replays_to_the_same_bytes() -> None:
    found = evaluate(firm())
    script = """
import sys
from shared.policy.decision import open_record
from services.finance.refusals import kv_evaluation
from tests.unit.finance.builders import BOOK
held = open_record(sys.stdin.buffer.read())
rules, uplift = BOOK.by_sha256(held.rule_set_sha256), BOOK.pick(kv_evaluation.UPLIFT_POLICY, held.as_of)
sys.stdout.buffer.write(kv_evaluation.evaluate(held.facts, rules, uplift, held.as_of).record)
"""
    done = subprocess.run([sys.executable, "-c", script], input=found.record, capture_output=True, check=True, cwd=ROOT)
    assert done.stdout == found.record


def test_patent_quality_is_not_assessed_and_says_so() -> None:
    lines = json.loads(evaluate(firm()).record)["lines"]
    line = next(line for line in lines if line["indicator"] == "patent_quality")
    assert (line["status"], line["points_milli"], line["max_points_milli"]) == ("not_assessed", 0, 30_000)
    assert "评估" in line["note_zh"]
    assert "valuation" in line["note_en"]


@pytest.mark.parametrize(
    ("held", "points"),
    [
        ((), 0),
        (("TECH_SME",), 2),
        (("SRDI",), 4),
        (("HNTE",), 6),
        (("LITTLE_GIANT",), 6),
        (("HIGH_GROWTH",), 6),
        (("HNTE", "SRDI", "TECH_SME"), 6),
    ],
)
def test_only_the_highest_title_counts(held: tuple[str, ...], points: int) -> None:
    assert points_of(firm(qualifications=titles("TECH_ENTERPRISE", *held)), "titles") == points * 1_000


@pytest.mark.parametrize(
    ("version_day", "limits"),
    [
        (date(2026, 11, 23), {"A": 500, "B": 400, "C": 300, "D": 160, "E": 80, "NONE": 0}),
        (date(2018, 11, 23), {"A": 300, "B": 240, "C": 160, "D": 80, "E": 40, "NONE": 0}),
    ],
)
@pytest.mark.parametrize(
    ("score", "grade"),
    [
        (100_000, "A"),
        (80_000, "A"),
        (79_999, "B"),
        (65_000, "B"),
        (64_999, "C"),
        (50_000, "C"),
        (49_999, "D"),
        (35_000, "D"),
        (34_999, "E"),
        (20_000, "E"),
        (19_999, "NONE"),
        (0, "NONE"),
    ],
)
def test_bands_and_limits_are_those_of_the_day(
    score: int, grade: str, version_day: date, limits: dict[str, int]
) -> None:
    rules = BOOK.pick(kv_evaluation.POLICY, version_day)
    found = rules.evaluate({"score_milli": score}, nodes={"grade"}).result["grade"]
    assert (found["grade"], found["limit_fen"]) == (grade, limits[grade] * WAN)


def random_case(seed: int) -> tuple[FirmView, oracle.Firm]:
    """Return one generated firm twice: as finance sees it and as the second calculation does."""
    chance = random.Random(seed)  # a repeatable draw, not a secret
    revenue, staff = chance.randrange(0, 90_000) * WAN // 10, chance.randrange(1, 400)
    rd = chance.choice([0, chance.randrange(0, 2_000 * WAN), chance.choice([50, 100, 200, 500, 1_000]) * WAN])
    before = chance.choice([None, 0, rd, max(1, rd * 10 // chance.choice([10, 11, 12, 13, 15, 9]))])
    rd_staff = chance.randrange(0, staff + 1)
    deduction = chance.choice([None, 0, 199 * WAN, 200 * WAN, 500 * WAN, 999 * WAN, 1_000 * WAN, 5_000 * WAN])
    kinds = {
        kind: (count, sum(chance.randrange(200, 1_001) for _ in range(count)))
        for kind in KIND_POINTS
        if (count := chance.choice([0, 0, 1, 2, 5]))
    }
    held_titles = frozenset(kind for kind in oracle.TITLE_POINTS if chance.random() < 0.25)
    city = chance.random() < 0.9
    marks = {"serious_dishonesty": chance.random() < 0.05, "abnormal_operations": chance.random() < 0.05}
    high_value, products = chance.randrange(0, 4), chance.randrange(0, 8)
    filings = {
        2025: filing(
            staff=staff,
            rd_staff=rd_staff,
            revenue_fen=revenue,
            rd_expense_fen=rd,
            super_deduction_fen=deduction,
            innovative_products=products,
        )
    }
    if before is not None:
        filings[2024] = filing(2024, rd_expense_fen=before)
    ours = firm(
        enterprise=EnterpriseView(1, **marks),
        filings=filings,
        qualifications=titles(*(["TECH_ENTERPRISE"] if city else []), *held_titles),
        portfolio=portfolio(high_value, **kinds),
    )
    theirs = oracle.Firm(
        weighted_milli={kind: weighted for kind, (_, weighted) in kinds.items()},
        valid_rights=sum(count for count, _ in kinds.values()),
        high_value=high_value,
        revenue_fen=revenue,
        rd_fen=rd,
        rd_before_fen=before,
        talent_points=talent_points(rd_staff, staff),
        innovative_products=products,
        titles=held_titles,
        super_deduction_fen=deduction,
        on_city_register=city,
        **marks,
    )
    return ours, theirs


def talent_points(rd_staff: int, staff: int) -> Fraction:
    """Return the bonus for the share of R&D staff: our assumed tiers, typed a second time."""
    share = Fraction(rd_staff * 100, staff)
    return Fraction(next((points for bound, points in ((30, 10), (20, 8), (10, 5), (5, 2)) if share >= bound), 0))


def test_two_hundred_generated_firms_agree_with_a_second_calculation() -> None:
    grades = set()
    for seed in range(200):
        ours, theirs = random_case(seed)
        found, expected = evaluate(ours), oracle.evaluate(theirs)
        assert found.score_milli == expected.score * 1_000, seed
        assert (found.grade, found.base_limit_fen) == (expected.grade, expected.base_limit_fen), seed
        assert (found.uplift_fen, found.limit_fen) == (expected.uplift_fen, expected.limit_fen), seed
        grades.add(found.grade)
    assert grades == {"A", "B", "C", "D", "E", "NONE"}


@given(st.integers(0, 10_000))
def test_points_of_the_lines_add_up_to_the_score(seed: int) -> None:
    document = json.loads(evaluate(random_case(seed)[0]).record)
    points = {line["indicator"]: line["points_milli"] for line in document["lines"]}
    result = document["result"]
    ip, rd, bonus = (sum(points[one] for one in result["parts"][part]) for part in ("ip", "rd", "bonus"))
    assert (ip, rd, bonus) == (result["ip_milli"], result["rd_milli"], result["bonus_milli"])
    base = int(Fraction(600_000 * ip + 400_000 * rd, 1_000_000) + Fraction(1, 2))
    assert result["base_milli"] == base
    assert result["score_milli"] == min(100_000, base + bonus)
    assert all(0 <= line["points_milli"] <= line["max_points_milli"] for line in document["lines"])
    assert all(
        line["article"] and line["source"] and line["confidence"] in {"official", "reported", "assumed"}
        for line in document["lines"]
    )


@given(st.integers(0, 10_000))
def test_each_line_is_called_by_its_indicator_and_names_the_next_tier_or_why_there_is_none(seed: int) -> None:
    lines = {line["indicator"]: line for line in json.loads(evaluate(random_case(seed)[0]).record)["lines"]}
    assert lines["high_value"]["label_zh"] == "高价值发明专利件数"
    assert lines["products"]["label_en"] == "innovative products"
    for line in lines.values():
        if line["next_tier"] is None:
            assert line["note_zh"]
            assert line["note_en"]
            assert (
                line["status"] == "not_assessed"
                or line["points_milli"] == line["max_points_milli"]
                or (line["indicator"] == "titles")
            )
        else:
            assert line["next_tier"]["points_milli"] > line["points_milli"]
            assert line["next_tier"]["text_zh"]
            assert line["next_tier"]["text_en"]


@given(st.integers(0, 10_000), st.sampled_from(["right", "high_value", "rd", "product", "title"]))
def test_the_limit_never_falls_when_something_favourable_is_added(seed: int, change: str) -> None:
    held, _ = random_case(seed)
    old = held.portfolio
    assert old is not None
    if change == "right":
        count, weighted = old.kinds.get("INVENTION", (0, 0))
        better = replace(held, portfolio=replace(old, kinds={**old.kinds, "INVENTION": (count + 1, weighted + 900)}))
    elif change == "high_value":
        better = replace(held, portfolio=replace(old, high_value_count=old.high_value_count + 1))
    elif change == "title":
        better = replace(held, qualifications={**held.qualifications, **titles("HNTE")})
    else:
        now = held.filings[2025]
        more: dict[str, Any] = {"rd": {"rd_expense_fen": now.rd_expense_fen + 77 * WAN}}.get(
            change, {"innovative_products": now.innovative_products + 1}
        )
        better = replace(held, filings={**held.filings, 2025: replace(now, **more)})
    assert evaluate(better).limit_fen >= evaluate(held).limit_fen


@pytest.mark.parametrize(
    ("change", "gate"),
    [
        ({"qualifications": {}}, "city_register"),
        ({"qualifications": titles("TECH_SME")}, "city_register"),
        ({"portfolio": None}, "valid_right"),
        ({"enterprise": EnterpriseView(1, True, False)}, "no_serious_dishonesty"),
        ({"enterprise": EnterpriseView(1, False, True)}, "no_abnormal_operations"),
        ({"filings": {2024: filing(2024)}}, "latest_filing"),
    ],
)
def test_one_closed_gate_leaves_no_grade_and_names_its_way_out(change: dict[str, Any], gate: str) -> None:
    found = evaluate(firm(**change))
    assert (found.grade, found.limit_fen, found.gates_open) == ("NONE", 0, False)
    closed = [one for one in json.loads(found.record)["gates"] if not one["open"]]
    assert [one["code"] for one in closed] == [gate]
    assert closed[0]["way_out_zh"]
    assert closed[0]["way_out_en"]


def test_a_title_counts_from_its_first_day_to_its_last() -> None:
    held = {"TECH_ENTERPRISE": QualificationView(1, "VALID", date(2026, 3, 1), date(2026, 9, 30))}
    days = (date(2026, 2, 28), date(2026, 3, 1), date(2026, 9, 30), date(2026, 10, 1))
    assert [evaluate(firm(qualifications=held), on).gates_open for on in days] == [False, True, True, False]


def test_the_filing_of_the_past_year_is_required_from_june_on() -> None:
    assert kv_fact.required_filing_year(date(2026, 5, 31), 6) == 2024
    assert kv_fact.required_filing_year(date(2026, 6, 1), 6) == 2025


def test_a_replay_of_the_frozen_facts_gives_the_same_bytes_and_one_changed_fact_gives_others() -> None:
    found = evaluate(firm())
    held = open_record(found.record)
    rules, uplift = BOOK.by_sha256(held.rule_set_sha256), BOOK.pick(kv_evaluation.UPLIFT_POLICY, TODAY)
    assert rules is not None
    again = kv_evaluation.evaluate(held.facts, rules, uplift, held.as_of)
    assert (again.record, again.uplift_record) == (found.record, found.uplift_record)
    tampered = {**held.facts, "rd_amount_fen": Fact(299 * WAN, held.facts["rd_amount_fen"].origin)}
    assert kv_evaluation.evaluate(tampered, rules, uplift, held.as_of).record != found.record


def test_facts_name_the_event_version_that_each_came_from() -> None:
    facts = kv_fact.gather(firm(), BOOK.pick(kv_evaluation.POLICY, TODAY), TODAY)
    assert facts["rd_amount_fen"].origin == "registry.filing.accepted/91500107MA0000001M/2025@v1"
    both = "registry.filing.accepted/91500107MA0000001M/2025@v1+registry.filing.accepted/91500107MA0000001M/2024@v1"
    assert facts["rd_growth_ppm"].origin == both
    assert facts["valid_rights"].origin == "ipr.portfolio.changed/91500107MA0000001M@v1"
    assert facts["hnte_valid"] == Fact(False, "absent")
    assert kv_fact.fact_values(facts)["valid_rights"] == 9


def test_a_fingerprint_ignores_the_day_and_the_versions_but_no_fact() -> None:
    rules = BOOK.pick(kv_evaluation.POLICY, TODAY)
    first = kv_fact.fingerprint(kv_fact.gather(firm(), rules, TODAY))
    old = firm().portfolio
    assert old is not None
    newer = firm(portfolio=replace(old, version=9, as_of_on=date(2026, 11, 24)))
    assert kv_fact.fingerprint(kv_fact.gather(newer, rules, date(2026, 11, 24))) == first
    other = firm(portfolio=replace(old, high_value_count=2))
    assert kv_fact.fingerprint(kv_fact.gather(other, rules, TODAY)) != first


def test_differences_show_what_changed_between_two_evaluations_with_its_origin() -> None:
    rules = BOOK.pick(kv_evaluation.POLICY, TODAY)
    old = firm().portfolio
    assert old is not None
    before = kv_fact.gather(firm(), rules, TODAY)
    after = kv_fact.gather(firm(portfolio=replace(old, version=2, high_value_count=0)), rules, TODAY)
    origin = "ipr.portfolio.changed/91500107MA0000001M@v2"
    assert kv_evaluation.differences(before, after) == [
        {"fact": "high_value_count", "before": 1, "after": 0, "origin": origin}
    ]


def test_an_evaluation_stays_in_force_for_twelve_months() -> None:
    assert evaluate(firm()).valid_until_on == date(2027, 11, 23)
