"""Answers in one way: rows become JSON once, without a second validation on the way out."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import orjson
from fastapi import Response
from pydantic import BaseModel

from shared.db.keyset import Page
from shared.web.conditional import etag, etag_of
from shared.web.paging import PageRequest, page, plain

Row = TypeVar("Row")
JSON = "application/json"
Content = BaseModel | Mapping[str, Any]


def answered(
    content: Content, *, status: int = 200, location: str | None = None, version: int | None = None
) -> Response:
    """Answer with one record; a created one names where it lives, a versioned one its ETag `"v3"`."""
    headers = {}
    if location is not None:
        headers["location"] = location
    if version is not None:
        headers["etag"] = etag(version)
    return Response(_bytes(content), status_code=status, media_type=JSON, headers=headers)


class ShownOnce(Response):
    """An answer that is kept for a repeated call without what is shown once, such as a password.

    Attributes:
        kept_body: what the same key is answered with when it comes again.
    """

    def __init__(self, shown: Response, kept: Response) -> None:
        """Answer as `shown` does, and let the book of keys keep `kept`."""
        super().__init__(bytes(shown.body), shown.status_code, dict(shown.headers))
        self.kept_body = bytes(kept.body)


def composed(content: Content, *, version: int) -> Response:
    """Answer with a record and what belongs to others beside it: its ETag changes with either."""
    body = _bytes(content)
    return Response(body, media_type=JSON, headers={"etag": etag_of(body, version=version)})


def paged(paging: PageRequest, found: Page[Row], show: Callable[[Row], Content]) -> Response:
    """Answer with one page of a list: `{"items": […], "next_cursor": …}` and `Link: rel="next"`."""
    return page(paging, [show(row) for row in found.rows], found.next_key)


def _bytes(content: Content) -> bytes:
    if isinstance(content, BaseModel):
        return content.model_dump_json().encode()
    return orjson.dumps(content, default=plain, option=orjson.OPT_UTC_Z)
