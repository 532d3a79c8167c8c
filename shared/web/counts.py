"""How many rows of a list have each state: what a page needs for its tabs (`待处理 12`), asked beside the list."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from shared.db.selection import Chosen, Selection
from shared.kernel.errors import RefusalCode
from shared.web.answer import answered
from shared.web.edge import RowScope, Tx, edge, refusals
from shared.web.selection import chosen_from


class ListCounts(BaseModel):
    """The rows of a list by their state, with the filters of the list; a filter of the state itself is passed over.

    Attributes:
        by: the parameter whose values are counted, such as `status`; null where a list has no states.
        counts: value → rows; every value of a closed set, also those that no row has.
        total: all rows, a lower bound where `complete` is false.
        complete: false where there are more rows than are counted.
        at_least: the values whose number is a lower bound; the others are exact, also where `complete` is false.
    """

    by: str | None
    counts: dict[str, int]
    total: int
    complete: bool
    at_least: list[str]


def add_counts(  # each tells one thing of the list
    router: APIRouter,
    selection: Selection,
    *,
    noun: str,
    scope: str,
    row: RowScope,
    title: str,
    chosen_by: Callable[..., Coroutine[Any, Any, Chosen]] | None = None,
    refused: tuple[RefusalCode, ...] = (),
) -> None:
    """Add `GET /v1/<noun>/counts` to the routes of a list; stands before the route of one row.

    Args:
        router: the routes of the noun.
        selection: the list.
        noun: the list's name in its path, such as `loans`.
        scope: scope of the list.
        row: whose rows the list shows.
        title: Chinese name of what is counted.
        chosen_by: dependency that reads what a caller chose, where the list looks at it before it answers.
        refused: what that dependency may refuse.
    """
    wanted = Annotated[Chosen, Depends(chosen_by or chosen_from(selection, sorted_too=False))]

    async def count_rows(tx: Tx, chosen: wanted) -> Response:
        """Count the rows of a list by their state, with the filters of the list."""
        found = await selection.counts(tx, chosen)
        return answered(
            ListCounts(
                by=selection.counted_by,
                counts=found.by_value,
                total=found.total,
                complete=found.complete,
                at_least=found.at_least,
            )
        )

    marked = edge(scope=scope, row=row, summary_zh=f"{title}：各状态的数量")(count_rows)
    path, name = f"/{noun}/counts", f"count_{noun.replace('-', '_').replace('/', '_')}"
    router.get(path, response_model=ListCounts, operation_id=name, responses=refusals(*refused))(marked)
