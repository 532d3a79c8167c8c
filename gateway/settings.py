"""GATEWAY_… environment, typed."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings

_ORIGIN = r"\s*https?://[a-zA-Z0-9.\-\[\]:]+\s*"
_ORIGINS = rf"^(?:{_ORIGIN}(?:,{_ORIGIN})*)?$"


class Frontend(BaseModel):
    """A frontend to which people may go on from their session.

    Attributes:
        client_id: what it calls itself.
        title_zh: what people call it.
        title_en: 〃
        redirect_uris: where a code may be sent; each is compared as a whole.
    """

    client_id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    title_zh: str = Field(min_length=1, max_length=60)
    title_en: str = Field(min_length=1, max_length=60)
    redirect_uris: list[Annotated[str, Field(max_length=500, pattern=r"^https?://[^\s#]+$")]] = Field(min_length=1)


class GatewaySettings(ServiceSettings):
    """Settings of the gateway.

    Attributes:
        registry_url: address of the registry.
        finance_url: address of finance.
        ipr_url: address of ipr.
        techtransfer_url: address of techtransfer.
        demo_clients: file with the demo clients (JSON, mode 0600); None means that there must be none.
        token_lifetime_s: life of an access token, at most ten minutes.
        key_days: for how long one key signs.
        upstream_deadline_ms: how long a service may take to answer.
        upload_deadline_ms: how long it may take where a file is sent.
        part_deadline_ms: how long one part of a composed answer may take.
        allowed_origins: origins of pages that may call from a browser, such as `https://portal.example`, separated by
            commas; empty: none may.
        upstream_in_flight_of_one_client: how many of them may be one client's, so that it cannot hold all.
        demo_people: file with the demo people (JSON, mode 0600); None means that there must be none.
        account_password_least: shortest password of a person, in characters.
        account_tries: wrong passwords or codes in a row that are forgiven.
        account_pause_minutes: how long nothing is accepted afterwards.
        session_idle_minutes: a session without a look at a page ends after this.
        session_longest_hours: a session ends after this in any case.
        console_origin: origin at which browsers reach the console, such as `https://kechuang.example`, whose name
            passkeys belong to. Empty: that of the issuer.
        oidc_issuer: identifier of another issuer (OpenID Connect) by which people may sign in too, such as
            `https://login.example`; empty: by none.
        oidc_client_id: what it calls this platform.
        oidc_client_secret: proves this platform to it; without one PKCE alone does.
        oidc_algorithm: of the signature of its ID tokens; no other is believed.
        oidc_title: what people call it, on the page of the sign-in.
        frontends: other frontends of the platform that people may go on to, as JSON.
        form_kept_minutes: how long what was typed waits for its writer, whose session ended, to sign in again.
        upstream_in_flight: calls that may be under way to one service; more are told to wait, the others stay unharmed.
    """

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", extra="ignore", frozen=True)

    service: ClassVar[str] = "gateway"

    registry_url: str = "http://127.0.0.1:8001"
    finance_url: str = "http://127.0.0.1:8002"
    techtransfer_url: str = "http://127.0.0.1:8003"
    ipr_url: str = "http://127.0.0.1:8004"
    demo_clients: Path | None = None
    allowed_origins: str = Field(default="", pattern=_ORIGINS)
    token_lifetime_s: int = Field(default=600, ge=30, le=600)
    key_days: int = Field(default=30, ge=1, le=365)
    upstream_deadline_ms: int = Field(default=15_000, ge=100, le=120_000)
    upload_deadline_ms: int = Field(default=300_000, ge=1_000, le=3_600_000)
    part_deadline_ms: int = Field(default=3_000, ge=50, le=30_000)
    demo_people: Path | None = None
    # Assumed: the classified protection of GB/T 22239-2019 (8.1.4.1) asks for limits and names no number.
    account_password_least: int = Field(default=12, ge=8, le=64)
    account_tries: int = Field(default=5, ge=1, le=100)
    account_pause_minutes: int = Field(default=15, ge=1, le=1_440)
    session_idle_minutes: int = Field(default=30, ge=1, le=1_440)
    session_longest_hours: int = Field(default=12, ge=1, le=168)
    console_origin: str = Field(default="", pattern=rf"^(?:{_ORIGIN})?$")
    oidc_issuer: str = Field(default="", pattern=r"^(?:https://\S+|http://(?:127\.0\.0\.1|localhost)(?:[:/]\S*)?)?$")
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None
    oidc_algorithm: Literal["RS256", "PS256", "ES256"] = "RS256"
    oidc_title: str = Field(default="", max_length=60)
    frontends: list[Frontend] = Field(default_factory=list)
    form_kept_minutes: int = Field(default=60, ge=1, le=1_440)
    upstream_in_flight: int = Field(default=256, ge=1, le=10_000)
    upstream_in_flight_of_one_client: int = Field(default=96, ge=1, le=10_000)

    @model_validator(mode="after")
    def _the_other_issuer_knows_us(self) -> Self:
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("GATEWAY_OIDC_ISSUER needs GATEWAY_OIDC_CLIENT_ID: what the issuer calls this platform")
        return self

    def origins(self) -> frozenset[str]:
        """Return the origins of pages that may call from a browser."""
        return frozenset(one.strip() for one in self.allowed_origins.split(",") if one.strip())

    def upstreams(self) -> dict[str, str]:
        """Return the address of each service."""
        return {
            "registry": self.registry_url,
            "finance": self.finance_url,
            "techtransfer": self.techtransfer_url,
            "ipr": self.ipr_url,
        }
