"""Ready answers: rows become JSON once, without a second validation on the way out; and catalogues of reasons."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from fastapi import Response
from pydantic import BaseModel

from services.finance.scope import After
from shared.kernel.shape import Shape
from shared.policy.rule_set import RuleSet
from shared.web.conditional import etag
from shared.web.paging import PageRequest, page

Row = TypeVar("Row")


class ReasonRead(Shape):
    """One coded reason."""

    code: str
    label_zh: str
    label_en: str


class ReasonCatalogue(Shape):
    """The coded reasons of a refusal, as a dated rule set lists them."""

    rule_set_version: str
    items: list[ReasonRead]

    @classmethod
    def of(cls, rule_set: RuleSet, reasons: Mapping[str, tuple[str, str]]) -> "ReasonCatalogue":
        """Return the catalogue of a rule set: code → (Chinese, English)."""
        items = [ReasonRead(code=code, label_zh=zh, label_en=en) for code, (zh, en) in reasons.items()]
        return cls(rule_set_version=rule_set.version, items=items)


def answered(
    model: BaseModel, *, status: int = 200, location: str | None = None, version: int | None = None
) -> Response:
    """Answer with one record; a created one names where it lives, a versioned one its ETag."""
    headers = {}
    if location is not None:
        headers["location"] = location
    if version is not None:
        headers["etag"] = etag(version)
    return Response(model.model_dump_json(), status_code=status, media_type="application/json", headers=headers)


def after_of(paging: PageRequest) -> After:
    """Return where the page begins, for stores that order by (created_at, id)."""
    return paging.after()


def paged(
    paging: PageRequest, rows: Sequence[Row], show: Callable[[Row], BaseModel], key: Callable[[Row], tuple[Any, ...]]
) -> Response:
    """Answer with one page out of up to `limit + 1` rows; the extra row only tells that another page follows."""
    shown = rows[: paging.limit]
    more = len(rows) > paging.limit
    return page(paging, [show(row) for row in shown], key(shown[-1]) if more and shown else None)
