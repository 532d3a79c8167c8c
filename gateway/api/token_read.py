"""What the token endpoint takes and answers, in the words of RFC 6749, RFC 7517 and RFC 8414."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from gateway.rules.client import OAuthError

OAUTH_TEXTS = {
    OAuthError.INVALID_REQUEST: (
        "请求格式不对，或缺少参数、参数重复",
        "the request is malformed, or a parameter is missing or occurs twice",
    ),
    OAuthError.INVALID_CLIENT: ("客户端不存在，或密钥不对", "the client is unknown or its secret is wrong"),
    OAuthError.UNAUTHORIZED_CLIENT: ("客户端已被停用", "the client is suspended"),
    OAuthError.UNSUPPORTED_GRANT_TYPE: ("不支持该授权方式", "this grant is not given"),
    OAuthError.INVALID_GRANT: (
        "授权码或刷新令牌无效、已使用或已过期",
        "the code or refresh token is unknown, was used, or has ended",
    ),
    OAuthError.INVALID_SCOPE: ("申请了客户端没有的权限", "the client does not hold a scope it asks for"),
    OAuthError.RATE_LIMITED: (
        "失败次数过多，此次未核对密钥，请稍候再试",
        "too many failed attempts: this one was not looked at; wait as Retry-After says",
    ),
}
"""What each error says, in Chinese and in English; the English one is ASCII without quotes (RFC 6749, 5.2)."""


class TokenRead(BaseModel):
    """An access token (RFC 6749, section 5.1)."""

    access_token: str = Field(description="令牌，以 Authorization: Bearer 携带 / send it as Authorization: Bearer")
    token_type: Literal["Bearer"]
    expires_in: int = Field(description="有效秒数 / seconds it is valid")
    scope: str = Field(description="权限，空格分隔 / scopes, separated by spaces")
    refresh_token: str | None = Field(default=None, description="刷新令牌 / of a frontend, exchanged once")


class OAuthErrorRead(BaseModel):
    """An error of the token endpoint (RFC 6749, section 5.2)."""

    error: OAuthError
    error_description: str
    text_zh: str = Field(description="原因（中文） / the reason in Chinese")


class KeyRead(BaseModel):
    """One public key (RFC 7517)."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str
    y: str
    kid: str
    use: str | None = None
    alg: str | None = None


class KeySetRead(BaseModel):
    """The public keys that tokens are checked with."""

    keys: list[KeyRead]


class ServerMetadataRead(BaseModel):
    """Metadata of the authorization server (RFC 8414)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    grant_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    response_types_supported: list[str]
    code_challenge_methods_supported: list[str]
    service_documentation: str
    ui_locales_supported: list[str]


def oauth_error(error: OAuthError) -> dict[str, str]:
    """Return the body of an error answer."""
    chinese, english = OAUTH_TEXTS[error]
    return {"error": error.value, "error_description": english, "text_zh": chinese}


def _error(told: str, error: OAuthError) -> dict[str, Any]:
    example = oauth_error(error)
    return {"model": OAuthErrorRead, "description": told, "content": {"application/json": {"example": example}}}


TOKEN_ERRORS: dict[int | str, dict[str, Any]] = {
    400: _error("请求不合 RFC 6749 / the request is not as RFC 6749 asks", OAuthError.INVALID_REQUEST),
    401: _error("客户端或密钥不对 / unknown client or wrong secret", OAuthError.INVALID_CLIENT),
    429: _error("多次失败，请等待 / too many failures, wait as Retry-After says", OAuthError.RATE_LIMITED),
}
TOKEN_REQUEST = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {
                            "type": "string",
                            "enum": ["client_credentials", "authorization_code", "refresh_token"],
                            "x-enum-descriptions": [
                                "客户端凭证 / a client by its secret",
                                "授权码 / a frontend by a person's code",
                                "刷新令牌 / a frontend by its refresh token",
                            ],
                        },
                        "client_id": {
                            "type": "string",
                            "maxLength": 200,
                            "description": "客户端，也可用 HTTP Basic / or HTTP Basic",
                        },
                        "client_secret": {"type": "string", "maxLength": 200, "description": "密钥 / its secret"},
                        "code": {
                            "type": "string",
                            "maxLength": 200,
                            "description": "授权码 / the code",
                            "examples": ["SplxlOBeZQQYbYS6WxSbIA"],
                        },
                        "redirect_uri": {
                            "type": "string",
                            "maxLength": 500,
                            "examples": ["https://portal.example/callback"],
                            "description": "取得授权码的地址 / where the code was sent",
                        },
                        "code_verifier": {
                            "type": "string",
                            "maxLength": 128,
                            "description": "授权码校验值 / what the code is proven by",
                        },
                        "refresh_token": {
                            "type": "string",
                            "maxLength": 200,
                            "examples": ["8xLOxBtZp8"],
                            "description": "刷新令牌 / of a frontend",
                        },
                        "scope": {
                            "type": "string",
                            "maxLength": 4_000,
                            "description": "缩小权限，可不填 / fewer scopes, if wanted",
                        },
                    },
                }
            }
        },
    }
}
