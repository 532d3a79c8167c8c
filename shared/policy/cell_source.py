"""Checks of the sources of table cells: each names a table, a column of it and rows that are there, once."""

from collections.abc import Sequence

from shared.policy.graph import Graph
from shared.policy.header import CellSource
from shared.policy.problem import RuleSetInvalid
from shared.policy.table import Table


def check_cell_sources(cells: Sequence[CellSource], graph: Graph | None) -> None:
    """Check that every source belongs to cells that exist, and that no cell has two.

    Raises:
        RuleSetInvalid: it names the table.
    """
    tables = {} if graph is None else {table.name: table for table in graph.tables}
    seen: set[tuple[str, str, str]] = set()
    for one in cells:
        table = tables.get(one.table)
        if table is None:
            raise RuleSetInvalid("a source of cells names a table that is not there", node=one.table)
        _check_place(one, table)
        for row in one.rows or ("",):
            if (one.table, one.column, row) in seen:
                raise RuleSetInvalid(f"two sources for {one.column} {row}".rstrip(), node=one.table)
            seen.add((one.table, one.column, row))


def _check_place(one: CellSource, table: Table) -> None:
    if one.column not in {*table.inputs, *table.outputs}:
        raise RuleSetInvalid(f"a source names the column {one.column}, which is not there", node=table.name)
    strange = sorted(set(one.rows) - {row.row_id for row in table.rows})
    if strange:
        raise RuleSetInvalid(f"a source names rows that are not there: {', '.join(strange)}", node=table.name)


def source_of(cells: Sequence[CellSource], table: str, column: str, row: str) -> CellSource | None:
    """Return the source of one cell: that of its row, else that of the whole column, else None."""
    held = [one for one in cells if one.table == table and one.column == column]
    return next((one for one in held if row in one.rows), next((one for one in held if not one.rows), None))
