"""Conditional requests (RFC 9110, 13): a record is changed only as it was seen, and read again only if it changed."""

import hashlib
import re
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from pydantic import Field

from shared.kernel.errors import Refusal
from shared.kernel.refusals import PRECONDITION_FAILED, PRECONDITION_REQUIRED
from shared.kernel.version import SeenVersion

_ANY = "*"
_TAG = re.compile(r'(?P<weak>W/)?"(?P<opaque>[\x21\x23-\x7e\x80-\xff]*)"')
_LIST = re.compile(rf"\s*(?:{_TAG.pattern.replace('?P<weak>', '?:').replace('?P<opaque>', '?:')}\s*(?:,\s*|$))+")
_VERSION = re.compile(r"v(?P<version>[0-9]{1,18})(?:-[0-9a-f]+)?")
_DIGEST_BYTES = 8
# The length is only told: a longer list is refused as any other that we did not give.
_Tags = Annotated[str, Field(json_schema_extra={"maxLength": 1_000})]
_NOT_MODIFIED = 304
_KEPT = ("etag", "cache-control", "content-location", "vary")


def etag(version: int) -> str:
    """Return the entity tag of a version, `"v3"`: for answers that tell nothing but the record itself."""
    return f'"v{version}"'


def etag_of(body: bytes, *, version: int | None = None) -> str:
    """Return the entity tag of an answer by its content: `"v3-9f86d081884c7d65"`, or weak without a version.

    A page that joins other facts to a record changes without the record's version; `If-Match` still reads the version.
    """
    digest = hashlib.blake2b(body, digest_size=_DIGEST_BYTES).hexdigest()
    return f'W/"{digest}"' if version is None else f'"v{version}-{digest}"'


async def seen_version(
    request: Request,
    if_match: Annotated[
        _Tags | None,
        Header(
            description='所读版本的 ETag，如 "v3"；可列多个，* 表示任意版本 / '
            'ETag of the version that was read, such as "v3"; several may be listed, * is any version',
        ),
    ] = None,
) -> SeenVersion:
    """Return the versions that the caller has read.

    Raises:
        Refusal: `precondition_required` without If-Match, `precondition_failed` where no tag is one that we gave.
    """
    if if_match is None:
        raise Refusal(PRECONDITION_REQUIRED, pointer="header:if-match")
    told = ", ".join(request.headers.getlist("if-match"))  # a list may come on several lines
    if told.strip() == _ANY:
        return SeenVersion()
    if _LIST.fullmatch(told) is None:
        raise Refusal(PRECONDITION_FAILED, pointer="header:if-match")
    strong = [tag["opaque"] for tag in _TAG.finditer(told) if tag["weak"] is None]
    versions = frozenset(int(found["version"]) for opaque in strong if (found := _VERSION.fullmatch(opaque)))
    if not versions:
        raise Refusal(PRECONDITION_FAILED, pointer="header:if-match")
    return SeenVersion(versions)


IfMatch = Annotated[SeenVersion, Depends(seen_version)]
"""The version that the caller has read; its `check` is called under the row's lock."""


def unless_unchanged(request: Request, response: Response) -> Response:
    """Return the answer to a read with its entity tag, or 304 where the caller holds it already (If-None-Match)."""
    if response.status_code != 200 or not hasattr(response, "body"):  # noqa: PLR2004  # a stream has no body to compare
        return response
    if "etag" not in response.headers:
        response.headers["etag"] = etag_of(bytes(response.body))
    told = ", ".join(request.headers.getlist("if-none-match"))
    if not told or not _holds(told, response.headers["etag"]):
        return response
    kept = {name: response.headers[name] for name in _KEPT if name in response.headers}
    return Response(status_code=_NOT_MODIFIED, headers=kept)


def _holds(told: str, tag: str) -> bool:
    """Tell whether a list of tags holds one; reads compare weakly, so W/ does not count."""
    if told.strip() == _ANY:
        return True
    own = tag.removeprefix("W/").strip('"')
    return any(given["opaque"] == own for given in _TAG.finditer(told))
