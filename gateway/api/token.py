"""OAuth 2.0: the token endpoint (RFC 6749, client credentials), the public keys, the metadata (RFC 8414)."""

import base64
import binascii
import time
from urllib.parse import unquote_plus

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from gateway.api.token_read import TOKEN_ERRORS, TOKEN_REQUEST, KeySetRead, ServerMetadataRead, TokenRead, oauth_error
from gateway.rules.client import OAuthError
from gateway.usecases import token as usecases
from gateway.usecases.signing_key import public_keys
from shared.web.edge import Tx, edge, edge_router

router = edge_router(prefix="", tags=["oauth2"])

_NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}
_CREDENTIALS = ("client_id", "client_secret")


class _RefusedError(Exception):
    """The request ends with an error of RFC 6749."""

    def __init__(self, error: OAuthError) -> None:
        super().__init__(error.value)
        self.error = error


@router.post("/oauth2/token", response_model=TokenRead, responses=TOKEN_ERRORS, openapi_extra=TOKEN_REQUEST)
@edge(scope="public", row="any", summary_zh="申请访问令牌", idempotent=False)
async def issue_token(request: Request, tx: Tx) -> Response:
    """Give an access token for client credentials, by HTTP Basic or in the body."""
    settings, throttle = request.app.state.settings, request.app.state.throttle
    try:
        form = await _form(request)
        client_id, secret = _credentials(request, form)
        _check_grant(form)
    except _RefusedError as refused:
        return _error(refused.error, basic=_is_basic(request))
    key = (client_id, request.client.host if request.client else "")
    wait_s = throttle.wait_s(key, time.monotonic())
    if wait_s:
        return _error(OAuthError.RATE_LIMITED, status=429, headers={"retry-after": str(wait_s)})
    issued = await usecases.issue(
        tx,
        request.app.state.keyring,
        client_id=client_id,
        secret=secret,
        scope=form.get("scope"),
        issuer=settings.issuer,
        audience=settings.audience,
        lifetime_s=settings.token_lifetime_s,
    )
    if issued.error is not None:
        if issued.error is OAuthError.INVALID_CLIENT:
            throttle.failed(key, time.monotonic())
        return _error(issued.error, basic=_is_basic(request))
    throttle.succeeded(key)
    return JSONResponse(
        {
            "access_token": issued.token,
            "token_type": "Bearer",
            "expires_in": issued.lifetime_s,
            "scope": " ".join(issued.scopes),
        },
        headers=_NO_STORE,
    )


@router.get("/.well-known/jwks.json", response_model=KeySetRead)
@edge(scope="public", row="any", summary_zh="签名公钥", transaction=False)
async def read_keys(request: Request) -> JSONResponse:
    """Give the public keys that tokens are checked with."""
    return JSONResponse(
        {"keys": public_keys(request.app.state.keyring)}, headers={"cache-control": "public, max-age=60"}
    )


@router.get("/.well-known/oauth-authorization-server", response_model=ServerMetadataRead)
@edge(scope="public", row="any", summary_zh="授权服务器元数据", transaction=False)
async def read_metadata(request: Request) -> JSONResponse:
    """Give the metadata of the authorization server."""
    issuer = request.app.state.settings.issuer
    return JSONResponse(
        {
            "issuer": issuer,
            "token_endpoint": f"{issuer}/oauth2/token",
            "jwks_uri": f"{issuer}/.well-known/jwks.json",
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "response_types_supported": [],
            "service_documentation": f"{issuer}/docs",
            "ui_locales_supported": ["zh-CN", "en"],
        },
        headers={"cache-control": "public, max-age=300"},
    )


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of the body; each may occur once (RFC 6749, section 3.2)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise _RefusedError(OAuthError.INVALID_REQUEST)
    try:
        form = await request.form(max_fields=20)
    except (HTTPException, UnicodeDecodeError):
        raise _RefusedError(OAuthError.INVALID_REQUEST) from None
    fields: dict[str, str] = {}
    for name, value in form.multi_items():
        if name in fields or isinstance(value, UploadFile) or "\x00" in value or "\ufffd" in value:
            raise _RefusedError(OAuthError.INVALID_REQUEST)
        fields[name] = value
    return {name: value for name, value in fields.items() if value}


def _check_grant(form: dict[str, str]) -> None:
    if "grant_type" not in form:
        raise _RefusedError(OAuthError.INVALID_REQUEST)
    if form["grant_type"] != "client_credentials":
        raise _RefusedError(OAuthError.UNSUPPORTED_GRANT_TYPE)


def _is_basic(request: Request) -> bool:
    return request.headers.get("authorization", "").lower().startswith("basic ")


def _credentials(request: Request, form: dict[str, str]) -> tuple[str, str]:
    """Return client id and secret; only one way of sending them is allowed (RFC 6749, section 2.3)."""
    if not _is_basic(request):
        if not all(name in form for name in _CREDENTIALS):
            raise _RefusedError(OAuthError.INVALID_CLIENT)
        return form["client_id"], form["client_secret"]
    if "client_secret" in form:
        raise _RefusedError(OAuthError.INVALID_REQUEST)
    try:
        plain = base64.b64decode(request.headers["authorization"][6:].strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeError, ValueError):
        raise _RefusedError(OAuthError.INVALID_CLIENT) from None
    client_id, colon, secret = plain.partition(":")
    if not colon or "\x00" in plain or form.get("client_id", unquote_plus(client_id)) != unquote_plus(client_id):
        raise _RefusedError(OAuthError.INVALID_CLIENT)
    return unquote_plus(client_id), unquote_plus(secret)


def _error(
    error: OAuthError, *, status: int | None = None, basic: bool = False, headers: dict[str, str] | None = None
) -> JSONResponse:
    unproven = error is OAuthError.INVALID_CLIENT
    extra = {"www-authenticate": 'Basic realm="kechuang"'} if unproven and basic else {}
    return JSONResponse(
        oauth_error(error),
        status_code=status or (401 if unproven else 400),
        headers={**_NO_STORE, **extra, **(headers or {})},
    )
