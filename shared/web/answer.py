"""Answers in one way: rows become JSON once, without a second validation on the way out."""

from collections.abc import Callable
from typing import TypeVar

from fastapi import Response
from pydantic import BaseModel

from shared.db.keyset import Page
from shared.web.conditional import etag, etag_of
from shared.web.paging import PageRequest, page

Row = TypeVar("Row")
JSON = "application/json"


def answered(
    model: BaseModel, *, status: int = 200, location: str | None = None, version: int | None = None
) -> Response:
    """Answer with one record; a created one names where it lives, a versioned one its ETag `"v3"`."""
    headers = {}
    if location is not None:
        headers["location"] = location
    if version is not None:
        headers["etag"] = etag(version)
    return Response(model.model_dump_json(), status_code=status, media_type=JSON, headers=headers)


def composed(model: BaseModel, *, version: int) -> Response:
    """Answer with a record and what belongs to others beside it: its ETag changes with either."""
    body = model.model_dump_json().encode()
    return Response(body, media_type=JSON, headers={"etag": etag_of(body, version=version)})


def paged(paging: PageRequest, found: Page[Row], show: Callable[[Row], BaseModel]) -> Response:
    """Answer with one page of a list: `{"items": […], "next_cursor": …}` and `Link: rel="next"`."""
    return page(paging, [show(row) for row in found.rows], found.next_key)
