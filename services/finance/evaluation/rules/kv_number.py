"""What stands behind an evaluation, read from the rule sets that it was made by: its numbers and the next grade.

Nothing here changes a record: an evaluation of last year is explained better without its bytes becoming others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.finance.evaluation.rules.kv_evaluation import NO_GRADE
from shared.policy.number import Number, bound_number, cell_number, parameter_numbers
from shared.policy.rule_set import RuleSet

_GRADE, _UPLIFT = "grade", "uplift"


@dataclass(frozen=True, slots=True)
class NextGrade:
    """The grade above: the score it begins at, how far that is, and its limit; points in thousandths."""

    grade: str
    needs_milli: int
    distance_milli: int
    limit_fen: int
    score: Number | None
    limit: Number | None


def numbers(
    rules: RuleSet, uplift_rules: RuleSet, result: Mapping[str, Any], uplift: Mapping[str, Any]
) -> list[Number]:
    """Return every number of an evaluation: weights, points, caps, validity, band and limit of its grade, uplift.

    Source: F-KV-11 (docs/rules/finance.md).
    """
    found = [*parameter_numbers(rules), *parameter_numbers(uplift_rules)]
    graded = rules.evaluate({"score_milli": result["score_milli"]}, nodes={_GRADE})
    row = graded.hit(_GRADE).row_id
    cells = [
        bound_number(rules, _GRADE, row),
        cell_number(rules, _GRADE, row, "limit_fen", graded.result[_GRADE]["limit_fen"]),
    ]
    if uplift["uplift_ppm"]:
        tier = _uplift_row(uplift_rules, int(uplift["uplift_ppm"]))
        cells.append(bound_number(uplift_rules, _UPLIFT, tier))
        cells.append(cell_number(uplift_rules, _UPLIFT, tier, "uplift_ppm", int(uplift["uplift_ppm"])))
    return [*found, *(one for one in cells if one is not None)]


def next_grade(rules: RuleSet, score_milli: int) -> NextGrade | None:
    """Return the nearest grade with a higher limit and how far it is, None at the top.

    Source: F-KV-11 (docs/rules/finance.md).
    """
    if rules.graph is None:
        return None
    table = rules.graph.table(_GRADE)
    here = int(table.hit({"score_milli": score_milli}).values["limit_fen"])
    above = [
        (row.conditions[0].low, row)
        for row in table.rows
        if row.conditions[0].low is not None
        and row.conditions[0].low > score_milli
        and int(row.values["limit_fen"]) > here
        and row.values["grade"] != NO_GRADE
    ]
    if not above:
        return None
    needs, row = min(above, key=lambda one: one[0])
    limit_fen = int(row.values["limit_fen"])
    return NextGrade(
        grade=str(row.values["grade"]),
        needs_milli=needs,
        distance_milli=needs - score_milli,
        limit_fen=limit_fen,
        score=bound_number(rules, _GRADE, row.row_id),
        limit=cell_number(rules, _GRADE, row.row_id, "limit_fen", limit_fen),
    )


def _uplift_row(rules: RuleSet, uplift_ppm: int) -> str:
    """Return the row of the uplift's table that gives a rate."""
    if rules.graph is None:
        raise LookupError(_UPLIFT)
    return next(row.row_id for row in rules.graph.table(_UPLIFT).rows if row.values["uplift_ppm"] == uplift_ppm)
