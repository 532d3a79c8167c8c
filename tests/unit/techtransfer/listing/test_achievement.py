import pytest
from pydantic import ValidationError

from services.techtransfer.listing.rules import achievement as rules
from shared.kernel.errors import Refusal
from tests.unit.techtransfer.builders import RULES, achievement

# Stage → readiness levels: laboratory and small test, pilot, used in production (technology readiness scale of nine).
STAGES = {"EARLY": {1, 2, 3, 4, 5}, "MIDDLE": {5, 6, 7, 8}, "MATURE": {8, 9}}


def check(**changed: object) -> str | None:
    """Return the code and pointer of what is refused, or None."""
    try:
        rules.check_achievement(achievement(**changed), RULES)
    except Refusal as refusal:
        return f"{refusal.code.code} {refusal.pointer}"
    return None


def test_an_achievement_in_order_is_taken() -> None:
    assert check() is None


def test_a_state_secret_is_never_listed() -> None:
    assert check(secrecy="STATE_SECRET") == "achievement_secret /secrecy"
    assert check(secrecy="TRADE_SECRET") is None


@pytest.mark.parametrize(
    ("points", "refused"),
    [
        (["一"], False),
        (["一", "二", "三"], False),
        (["一", "二", "三", "四"], True),
        ([], True),
        (["字" * 49], False),
        (["字" * 50], False),
        (["字" * 51], True),
    ],
)
def test_at_most_three_innovation_points_of_at_most_fifty_characters(points: list[str], refused: bool) -> None:
    assert check(innovation_points=points) == ("innovation_points_exceeded /innovation_points" if refused else None)


@pytest.mark.parametrize("stage", sorted(STAGES))
@pytest.mark.parametrize("trl", range(1, 10))
def test_a_stage_and_a_readiness_level_agree(stage: str, trl: int) -> None:
    found = check(stage=stage, trl=trl)
    assert found == (None if trl in STAGES[stage] else "stage_contradicts_trl /stage")


def test_research_does_not_end_before_it_began() -> None:
    assert check(research_from="2024-03", research_to="2024-03") is None
    assert check(research_from="2024-03", research_to="2024-02") == "research_period_reversed /research_to"
    assert check(research_to="2024-02") is None


@pytest.mark.parametrize("trl", [0, 10, True, 6.0, "6"])
def test_a_readiness_level_is_a_whole_number_from_one_to_nine(trl: object) -> None:
    with pytest.raises(ValidationError):
        achievement(trl=trl)


@pytest.mark.parametrize("month", ["2024-13", "2024-00", "24-01", "2024-1", "2024-01-01"])
def test_a_month_is_written_with_year_and_two_digits(month: str) -> None:
    with pytest.raises(ValidationError):
        achievement(research_from=month)
