"""The points of the national tech-SME evaluation and the advice they lead to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from shared.kernel.money import PPM, ratio_ppm
from shared.policy.decision import Gate
from shared.policy.explain import IndicatorLine, lines
from shared.policy.rule_set import RuleSet

_MOST_RATIO_PPM = 1_000 * PPM


class Verdict(StrEnum):
    """What the evaluation advises."""

    QUALIFIED = "QUALIFIED"
    QUALIFIED_DIRECT = "QUALIFIED_DIRECT"
    NOT_QUALIFIED = "NOT_QUALIFIED"


@dataclass(frozen=True, slots=True)
class Inputs:
    """The numbers that score; amounts in fen."""

    staff: int
    science_staff: int
    revenue_fen: int
    cost_expense_fen: int
    rd_expense_fen: int
    class_1_count: int
    class_2_count: int


@dataclass(frozen=True, slots=True)
class Score:
    """Points in thousandths; of R&D and of rights the better of two tables counts."""

    science_staff_milli: int
    rd_milli: int
    rights_milli: int
    counted: tuple[str, ...]
    lines: tuple[IndicatorLine, ...]

    @property
    def total_milli(self) -> int:
        """The sum of the three groups, 0 to 100,000."""
        return self.science_staff_milli + self.rd_milli + self.rights_milli


def score(rule_set: RuleSet, inputs: Inputs) -> Score:
    """Return the points of the three groups; every line is shown, `counted` names those that add up to the total.

    Source: R-TSE-03 (国科发政〔2017〕115号 第七条).
    """
    facts = table_facts(inputs)
    outcome = rule_set.evaluate(facts)
    points = {hit.node: hit.points_milli for hit in outcome.hits}
    rd = "rd_by_sales" if points["rd_by_sales"] >= points["rd_by_cost"] else "rd_by_cost"
    rights = "class_1_rights" if points["class_1_rights"] >= points["class_2_rights"] else "class_2_rights"
    counted = ("science_staff", rd, rights)
    return Score(
        science_staff_milli=points["science_staff"],
        rd_milli=points[rd],
        rights_milli=points[rights],
        counted=counted,
        lines=tuple(_marked(line, counted) for line in lines(rule_set, outcome, facts)),
    )


def table_facts(inputs: Inputs) -> dict[str, int | None]:
    """Return the facts that the tables compare: ratios in parts per million, None where there is nothing to divide by.

    Source: R-TSE-03 (国科发政〔2017〕115号 第七条).
    """
    return {
        "science_staff_ppm": _ratio_ppm(inputs.science_staff, inputs.staff),
        "rd_sales_ppm": _ratio_ppm(inputs.rd_expense_fen, inputs.revenue_fen),
        "rd_cost_ppm": _ratio_ppm(inputs.rd_expense_fen, inputs.cost_expense_fen),
        "class_1_count": inputs.class_1_count,
        "class_2_count": inputs.class_2_count,
    }


def verdict(gates: Sequence[Gate], bases: Sequence[str]) -> Verdict:
    """Return the advice: all five conditions, or the first four and a ground of direct confirmation.

    Source: R-TSE-06 (国科发政〔2017〕115号 第六条、第八条).
    """
    if not all(gate.open for gate in gates[:4]):
        return Verdict.NOT_QUALIFIED
    if bases:
        return Verdict.QUALIFIED_DIRECT
    return Verdict.QUALIFIED if gates[4].open else Verdict.NOT_QUALIFIED


def score_gate_open(rule_set: RuleSet, points: Score) -> bool:
    """Tell whether condition five holds: enough points, and some for science staff.

    Source: R-TSE-04 (国科发政〔2017〕115号 第六条（五）).
    """
    return points.total_milli >= rule_set.param_int("pass_score_milli") and points.science_staff_milli > 0


def _ratio_ppm(part: int, whole: int) -> int | None:
    """Return a ratio, at most a thousandfold: the engine takes no number above 2**53, and no tier lies up there."""
    found = ratio_ppm(part, whole)
    return None if found is None else min(found, _MOST_RATIO_PPM)


def _marked(line: IndicatorLine, counted: tuple[str, ...]) -> IndicatorLine:
    if line.indicator in counted:
        return line
    return replace(
        line,
        note_zh="两项取高，本项未计入总分",
        note_en="the better of two counts; this one does not",
    )
