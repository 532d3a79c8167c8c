"""Reads the body and the idempotency key of a request before anything is decided about it."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile

from shared.kernel.errors import Refusal
from shared.kernel.refusals import (
    BODY_UNREADABLE,
    FIELD_INVALID,
    IDEMPOTENCY_KEY_MISSING,
    MEDIA_TYPE_UNSUPPORTED,
)
from shared.web.body import check_text, read_json
from shared.web.form import FormNames

_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_MAX_FILES = 10
_MAX_FIELDS = 100
_CHUNK = 1 << 20
JSON, FORM = "application/json", "multipart/form-data"


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """A request whose body was read.

    Attributes:
        fingerprint: SHA-256 over method, path, query and body: the same key with another fingerprint is refused.
    """

    fingerprint: bytes


def idempotency_key(request: Request) -> str:
    """Return the Idempotency-Key of a request.

    Raises:
        Refusal: `idempotency_key_missing` without one, `field_invalid` for one with spaces or beyond 200 characters.
    """
    key = request.headers.get("idempotency-key", "")
    if not key:
        raise Refusal(IDEMPOTENCY_KEY_MISSING)
    if _KEY.fullmatch(key) is None or len(request.headers.getlist("idempotency-key")) > 1:
        raise Refusal(FIELD_INVALID, pointer="header:idempotency-key")
    return key


async def read_request(request: Request, *, expected: str | None, form: FormNames) -> IncomingRequest:
    """Read the body once, strictly, and leave it where FastAPI looks for it.

    Args:
        request: the request.
        expected: `FORM`, `JSON`, or None where the route reads no body: what comes along is then not looked into.
        form: the names of the form.

    Raises:
        Refusal: `body_unreadable`, `body_too_large` or `media_type_unsupported`.
    """
    digest = hashlib.sha256(f"{request.method}\n{request.url.path}\n{request.url.query}\n".encode())
    if expected == FORM and _media_type(request) == FORM:
        await _digest_form(request, digest, form)
        return IncomingRequest(digest.digest())
    body = await request.body()
    digest.update(body)
    if body and expected is not None:
        _check_kind(_media_type(request), expected)
        request._json = read_json(body)  # noqa: SLF001  # where Request.json() keeps what it read
    return IncomingRequest(digest.digest())


def _check_kind(kind: str, expected: str) -> None:
    if expected == FORM or (kind != JSON and not kind.endswith("+json")):
        raise Refusal(MEDIA_TYPE_UNSUPPORTED, media_type=expected)


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _digest_form(request: Request, digest: Any, names: FormNames) -> None:  # noqa: ANN401  # hashlib's type has no public name
    """Digest the parts of a form, not its bytes: the boundary between parts differs from try to try."""
    try:
        form = await request.form(max_files=_MAX_FILES, max_fields=_MAX_FIELDS)
    except UnicodeDecodeError:
        raise Refusal(BODY_UNREADABLE, reason_zh="表单编码应为 UTF-8", reason_en="the form must be UTF-8") from None
    for name in form:
        check_text(name)
    names.check(name for name, _ in form.multi_items())
    for name, value in form.multi_items():
        digest.update(f"\n{name}=".encode())
        if not isinstance(value, UploadFile):
            check_text(value)
            digest.update(value.encode())
            continue
        check_text(value.filename or "")
        digest.update((value.filename or "").encode() + b"\n")
        while chunk := await value.read(_CHUNK):
            digest.update(chunk)
        await value.seek(0)
