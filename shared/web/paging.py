"""Keyset paging: an opaque cursor that belongs to one filter; no page is skipped or seen twice while rows are added."""

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

import orjson
from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field

from shared.db.keyset import PageWanted, Told
from shared.kernel.errors import Refusal
from shared.kernel.refusals import CURSOR_INVALID

MAX_LIMIT = 200
_MAX_CURSOR_LENGTH = 1_000
_MAX_PARTS = 4
# The length is only told: a longer one is `cursor_invalid` as any other that we did not give.
_CursorText = Annotated[str, Field(json_schema_extra={"maxLength": _MAX_CURSOR_LENGTH})]
_CURSOR = re.compile("[A-Za-z0-9_-]+")

Item = TypeVar("Item")


class PageOf(BaseModel, Generic[Item]):
    """One page of a list, for `response_model`: what `page` answers with.

    Attributes:
        items: rows of this page.
        next_cursor: `cursor` of the next page; null on the last one.
    """

    items: list[Item]
    next_cursor: str | None

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """Name the shape so that a generated client can read it: `PageOfLoanRead`."""
        return f"PageOf{params[0].__name__}"


class PageRequest:
    """Which page is asked for.

    Attributes:
        limit: rows on the page, 1-200.
    """

    def __init__(self, request: Request, limit: int, cursor: str | None) -> None:
        """Keep the request; the cursor is read against its filter."""
        self.limit = limit
        self.request = request
        self._cursor = cursor

    def filter_hash(self) -> str:
        """Return a digest of path and filter: all parameters but cursor and limit, in order."""
        pairs = sorted((k, v) for k, v in self.request.query_params.multi_items() if k not in {"cursor", "limit"})
        return hashlib.sha256(f"{self.request.url.path}?{urlencode(pairs)}".encode()).hexdigest()[:16]

    def _told(self) -> Told | None:
        """Return the key after which the page begins, or None for the first page.

        Raises:
            Refusal: `cursor_invalid` if it is malformed or was given for another filter.
        """
        if self._cursor is None:
            return None
        belongs, parts = _decode(self._cursor)
        if belongs != self.filter_hash():
            raise Refusal(CURSOR_INVALID, pointer="query:cursor")
        return parts

    def wanted(self) -> PageWanted:
        """Return which page is asked for; the keyset of the list reads what the cursor tells.

        Raises:
            Refusal: `cursor_invalid` if the cursor is malformed or was given for another filter.
        """
        return PageWanted(self.limit, self._told())


async def page_request(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="每页条数 / rows per page")] = 50,
    cursor: Annotated[
        _CursorText | None,
        Query(
            description="上一页返回的 next_cursor / next_cursor of the page before",
        ),
    ] = None,
) -> PageRequest:
    """Read `limit` and `cursor`."""
    return PageRequest(request, limit, cursor)


Paging = Annotated[PageRequest, Depends(page_request)]


def _encode(filter_hash: str, key: Sequence[Any]) -> str:
    parts = [part if isinstance(part, (str, int)) else _text(part) for part in key]
    return base64.urlsafe_b64encode(orjson.dumps([filter_hash, *parts])).rstrip(b"=").decode()


def _decode(cursor: str) -> tuple[str, Told]:
    """Return the filter a cursor belongs to, and its key; nothing but text and whole numbers is believed."""
    refusal = Refusal(CURSOR_INVALID, pointer="query:cursor")
    if len(cursor) > _MAX_CURSOR_LENGTH or _CURSOR.fullmatch(cursor) is None:
        raise refusal
    try:
        held = orjson.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=="))
    except ValueError:
        raise refusal from None
    if not isinstance(held, list) or not 1 < len(held) <= _MAX_PARTS + 1:
        raise refusal
    for part in held:
        if isinstance(part, bool) or not isinstance(part, (str, int)) or (isinstance(part, str) and "\x00" in part):
            raise refusal
    return str(held[0]), tuple(held[1:])


def _text(part: object) -> str:
    return part.isoformat() if isinstance(part, datetime) else str(part)


def next_cursor(request: PageRequest, next_key: Sequence[Any] | None) -> str | None:
    """Return the cursor of the page that begins after `next_key`, or None where there is no further page."""
    return None if next_key is None else _encode(request.filter_hash(), next_key)


def page(request: PageRequest, items: Sequence[Any], next_key: Sequence[Any] | None) -> Response:
    """Answer with one page: `{"items": […], "next_cursor": …}` and `Link: rel="next"`.

    Args:
        request: which page was asked for.
        items: rows as models or plain values, at most `limit`.
        next_key: sort values of the last row, if more rows follow.
    """
    cursor = next_cursor(request, next_key)
    body = orjson.dumps({"items": items, "next_cursor": cursor}, default=plain, option=orjson.OPT_UTC_Z)
    headers = {}
    if cursor is not None:
        pairs = [(k, v) for k, v in request.request.query_params.multi_items() if k != "cursor"]
        query = urlencode([*pairs, ("cursor", cursor)])
        headers["link"] = f'<{request.request.url.path}?{query}>; rel="next"'
    return Response(body, media_type="application/json", headers=headers)


def plain(value: object) -> object:
    """Return what JSON can hold for a model or an id."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, UUID):  # the driver's own subclass, which orjson does not know
        return str(value)
    raise TypeError(type(value).__name__)
