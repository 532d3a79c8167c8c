"""Conditional writes: a record is changed only in the version its editor has read."""

import re
from typing import Annotated

from fastapi import Depends, Header

from shared.kernel.errors import Refusal
from shared.kernel.refusals import PRECONDITION_FAILED, PRECONDITION_REQUIRED

_TAG = re.compile(r'"v([0-9]{1,18})"')


def etag(version: int) -> str:
    """Return the entity tag of a version, `"v3"`."""
    return f'"v{version}"'


async def _expected_version(
    if_match: Annotated[
        str | None, Header(description='所读版本的 ETag，如 "v3" / ETag of the version that was read, such as "v3"')
    ] = None,
) -> int:
    """Return the version that the caller has read.

    Raises:
        Refusal: `precondition_required` without If-Match, `precondition_failed` for a tag we never gave.
    """
    if if_match is None:
        raise Refusal(PRECONDITION_REQUIRED, pointer="header:if-match")
    match = _TAG.fullmatch(if_match.strip())
    if match is None:
        raise Refusal(PRECONDITION_FAILED, pointer="header:if-match")
    return int(match.group(1))


IfMatch = Annotated[int, Depends(_expected_version)]
"""The version that the caller has read; compare it under the row's lock and refuse with `PRECONDITION_FAILED`."""
