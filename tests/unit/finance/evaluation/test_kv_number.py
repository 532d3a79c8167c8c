"""Behind each evaluation stand its numbers with their sources, what the grade above needs, and an ended basis."""

from datetime import date

import pytest

from services.finance.evaluation.rules import kv_number
from tests.unit.finance.builders import BOOK, TODAY

RULES = BOOK.pick("kvc_evaluation", TODAY)
UPLIFT = BOOK.pick("rd_uplift", TODAY)


@pytest.mark.parametrize(
    ("score_milli", "grade", "distance_milli", "limit_fen"),
    [
        (0, "E", 20_000, 80_000_000),
        (19_999, "E", 1, 80_000_000),
        (20_000, "D", 15_000, 160_000_000),
        (64_999, "B", 1, 400_000_000),
        (79_999, "A", 1, 500_000_000),
    ],
)
def test_the_grade_above_says_how_far_it_is(score_milli: int, grade: str, distance_milli: int, limit_fen: int) -> None:
    found = kv_number.next_grade(RULES, score_milli)
    assert found is not None
    assert (found.grade, found.distance_milli, found.limit_fen) == (grade, distance_milli, limit_fen)
    assert found.score is not None
    assert found.limit is not None
    assert (found.score.confidence, found.limit.confidence) == ("assumed", "reported")


def test_above_the_top_grade_there_is_none() -> None:
    assert kv_number.next_grade(RULES, 80_000) is None


def test_every_number_has_source_article_day_and_confidence() -> None:
    result, uplift = {"score_milli": 70_000}, {"uplift_ppm": 200_000}
    found = {one.name: one for one in kv_number.numbers(RULES, UPLIFT, result, uplift)}
    assert all(one.source and one.article and one.confidence for one in found.values())
    assert all(isinstance(one.source_on, date) for one in found.values())
    assert (found["weight_ip_ppm"].value, found["weight_rd_ppm"].value) == (600_000, 400_000)
    assert (found["grade.b.score_milli"].value, found["grade.b.score_milli"].confidence) == (65_000, "assumed")
    assert (found["grade.b.limit_fen"].value, found["grade.b.limit_fen"].confidence) == (400_000_000, "reported")
    assert found["uplift.t2.uplift_ppm"].value == 200_000
    assert found["uplift.t2.super_deduction_fen"].value == 500_000_000
    assert "validity_months" in found


def test_the_basis_of_the_uplift_has_ended_and_goes_on_by_a_recorded_decision() -> None:
    basis = UPLIFT.header.legal_basis
    assert basis is not None
    assert basis.ended_on == date(2025, 12, 31)
    assert basis.continued_by
    assert UPLIFT.header.effective_from == date(2022, 5, 6)
