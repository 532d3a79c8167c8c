"""OAuth 2.0: the token endpoint (RFC 6749) for clients and frontends, the public keys, the metadata (RFC 8414)."""

import base64
import binascii
import time
from datetime import timedelta
from urllib.parse import unquote_plus

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from gateway.api.token_read import TOKEN_ERRORS, TOKEN_REQUEST, KeySetRead, ServerMetadataRead, TokenRead, oauth_error
from gateway.rules.client import OAuthError
from gateway.usecases import authorization
from gateway.usecases import token as usecases
from gateway.usecases.session import limits_of
from gateway.usecases.signing_key import public_keys
from shared.web.edge import Tx, edge, edge_router

router = edge_router(prefix="", tags=["oauth2"])

_NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}
_OF_FRONTENDS = frozenset({"authorization_code", "refresh_token"})
_CREDENTIALS = ("client_id", "client_secret")


class _RefusedError(Exception):
    """The request ends with an error of RFC 6749."""

    def __init__(self, error: OAuthError) -> None:
        super().__init__(error.value)
        self.error = error


@router.post("/oauth2/token", response_model=TokenRead, responses=TOKEN_ERRORS, openapi_extra=TOKEN_REQUEST)
@edge(scope="public", row="any", summary_zh="申请访问令牌", idempotent=False)
async def issue_token(request: Request, tx: Tx) -> Response:
    """Give an access token for client credentials, by HTTP Basic or in the body; for a person's code to a frontend."""
    settings, throttle = request.app.state.settings, request.app.state.throttle
    try:
        form = await _form(request)
        if form.get("grant_type") in _OF_FRONTENDS:
            return await _for_frontend(request, tx, form)
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


async def _for_frontend(request: Request, tx: Tx, form: dict[str, str]) -> Response:
    """Give a frontend the tokens of a person who went on to it; it has no secret, PKCE proves it.

    Raises:
        _RefusedError: as RFC 6749 names it.
    """
    state = request.app.state
    settings, limits = state.settings, limits_of(state.settings)
    client_id = form.get("client_id", "")
    if client_id not in {one.client_id for one in settings.frontends}:
        raise _RefusedError(OAuthError.INVALID_CLIENT)
    # No throttle: codes and refresh tokens cannot be guessed, and many people call from behind one address.
    if form["grant_type"] == "refresh_token":
        granted = await authorization.refresh(tx, client_id, _told(form, "refresh_token"), limits=limits)
    else:
        code, address, verifier = (_told(form, name) for name in ("code", "redirect_uri", "code_verifier"))
        granted = await authorization.redeem(
            tx, client_id, code, redirect_uri=address, verifier=verifier, limits=limits
        )
    if granted is None:
        return _error(OAuthError.INVALID_GRANT)
    token = usecases.sign_person(
        state.keyring,
        granted.account,
        granted.session_id,
        issuer=settings.issuer,
        audience=settings.audience,
        now=tx.now,
        lifetime=timedelta(seconds=settings.token_lifetime_s),
        scopes=granted.scopes,
    )
    told = {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": settings.token_lifetime_s,
        "scope": " ".join(granted.scopes),
        "refresh_token": granted.refresh_token,
    }
    return JSONResponse(told, headers=_NO_STORE)


def _told(form: dict[str, str], name: str) -> str:
    if name not in form:
        raise _RefusedError(OAuthError.INVALID_REQUEST)
    return form[name]


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
            "authorization_endpoint": f"{request.app.state.settings.console_origin or issuer}/console/authorize",
            "token_endpoint": f"{issuer}/oauth2/token",
            "jwks_uri": f"{issuer}/.well-known/jwks.json",
            "grant_types_supported": ["client_credentials", "authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
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
