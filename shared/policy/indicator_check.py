"""What an indicator says of its table must be true of the table, or people would read another rule than is applied."""

from collections.abc import Sequence
from itertools import pairwise

from shared.policy.cell import Kind
from shared.policy.graph import Graph
from shared.policy.header import Direction, Indicator
from shared.policy.problem import RuleSetInvalid
from shared.policy.table import POINTS, Table


def check_indicators(indicators: Sequence[Indicator], graph: Graph | None) -> None:
    """Check ids, tables, inputs, the most points and the direction of every indicator.

    Raises:
        RuleSetInvalid: an indicator says something else than its table.
    """
    ids = [one.id for one in indicators]
    if len(set(ids)) != len(ids):
        raise RuleSetInvalid("two indicators share an id")
    for indicator in indicators:
        if indicator.node is None:
            continue
        table = next((one for one in graph.tables if one.name == indicator.node), None) if graph is not None else None
        if table is None:
            raise RuleSetInvalid(f"the indicator {indicator.id} names the table {indicator.node}, which is not there")
        _check(indicator, table)


def _check(indicator: Indicator, table: Table) -> None:
    if indicator.input not in table.inputs:
        raise RuleSetInvalid(
            f"the indicator {indicator.id} names {indicator.input}, which is no input", node=table.name
        )
    most = max(row.points_milli for row in table.rows)
    if POINTS in table.outputs and indicator.max_points_milli != most:
        raise RuleSetInvalid(
            f"the indicator {indicator.id} promises {indicator.max_points_milli} points, the table at most {most}",
            node=table.name,
        )
    if len(table.inputs) == 1 and table.kinds[0] is Kind.INTEGER:
        _check_direction(indicator, table)


def _check_direction(indicator: Indicator, table: Table) -> None:
    tested = [row for row in table.rows if row.conditions[0].kind is not None]
    for better, worse in pairwise(tested):
        if better.points_milli < worse.points_milli:
            raise RuleSetInvalid("rows run from most to fewest points", node=table.name, row=worse.row_id)
    upward = indicator.direction is Direction.HIGHER
    for better, worse in pairwise(tested):
        if POINTS in table.outputs and better.points_milli > worse.points_milli:
            one, other = better.conditions[0], worse.conditions[0]
            right = _above(one.low, other.low) if upward else _above(other.high, one.high)
            if not right:
                raise RuleSetInvalid(
                    f"more is {indicator.direction} by the indicator, the row {better.row_id} says otherwise",
                    node=table.name,
                    row=worse.row_id,
                )


def _above(one: int | None, other: int | None) -> bool:
    """Tell whether bound `one` lies above bound `other`; None is the outermost one on its side."""
    return other is None or (one is not None and one > other)
