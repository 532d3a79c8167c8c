"""What every process is told from outside: typed settings, read once at the start."""

import tomllib
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

_PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


class Profile(StrEnum):
    """What a process runs for."""

    RUN = "run"
    TEST = "test"


class BrokerSettings(BaseSettings):
    """The one broker that services share when they are given none of their own."""

    nats_url: SecretStr | None = None


class ServiceSettings(BaseSettings):
    """Settings that every service and the gateway have.

    A service subclasses this with its own prefix, `model_config = SettingsConfigDict(env_prefix="FINANCE_")`. A value
    is looked for as `FINANCE_<NAME>`, then as `KECHUANG_<NAME>` for all processes at once; the broker also as
    `NATS_URL`.

    Attributes:
        service: name of the service: database, stream, durable consumers and metrics carry it.
        database_url: `postgresql://user:password@host:port/database`.
        database_pool_size: connections for calls, per process; as many again for what runs beside them.
        database_pooler: `transaction` where a pooler at the address gives each transaction another session.
        nats_url: `nats://user:password@host:port`; None runs without a bus.
        nats_monitor_url: HTTP address of the broker's monitor, for the check that it syncs each write.
        jwks_url: where the issuer's public keys are fetched; never taken from a token.
        issuer: the only `iss` that is believed.
        audience: the only `aud` that is believed.
        profile: `run` or `test`.
        log_level: least severe level that is written.
        otlp_endpoint: where traces are sent; None sends none.
        files_url: where documents are kept: `file:///folder`, `memory:///` or `s3://bucket/prefix`.
        personal_data_key: 32 bytes in base64, encrypts personal data at rest.
        event_key_file: private key by which the service signs its events; a bus needs it.
        event_keys_file: public keys of all publishers; a bus needs it.
        relay_enabled: whether this process publishes the outbox.
        consumers_enabled: whether this process reads other services' events.
        jobs_enabled: whether this process runs the service's jobs.
        settle_window_ms: how long changed facts are gathered before one re-evaluation, in milliseconds.
        max_body_bytes: largest request body that is not a file upload.
        max_upload_bytes: largest uploaded file.
        max_document_bytes: largest document that evidence may point at.
        scan_command: program that looks at each uploaded file on its standard input: 0 is clean, 1 is harmful, anything
            else is no verdict and the file waits for another look. None scans nothing.
        scan_seconds: how long it may look at one file.
        import_batch_rows: lines of an import that are committed together.
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    service: ClassVar[str] = "kechuang"

    database_url: SecretStr
    database_pool_size: int = Field(default=8, ge=1, le=100)
    database_pooler: Literal["none", "transaction"] = "none"
    nats_url: SecretStr | None = None
    nats_monitor_url: str | None = None
    jwks_url: str = "http://127.0.0.1:8000/.well-known/jwks.json"
    issuer: str = "http://127.0.0.1:8000"
    audience: str = "kechuang"
    profile: Profile = Profile.RUN
    log_level: str = "INFO"
    otlp_endpoint: str | None = None
    files_url: str = "memory:///"
    personal_data_key: SecretStr | None = None
    event_key_file: Path | None = None
    event_keys_file: Path | None = None
    relay_enabled: bool = True
    consumers_enabled: bool = True
    jobs_enabled: bool = True
    settle_window_ms: int = Field(default=500, ge=0, le=60_000)
    max_body_bytes: int = Field(default=1_048_576, ge=1)
    max_upload_bytes: int = Field(default=67_108_864, ge=1)
    max_document_bytes: int = Field(default=20_971_520, ge=1)
    scan_command: str | None = None
    scan_seconds: float = Field(default=60.0, gt=0, le=3_600)
    import_batch_rows: int = Field(default=200, ge=1, le=10_000)

    @model_validator(mode="before")
    @classmethod
    def _share_the_broker(cls, values: dict[str, object]) -> dict[str, object]:
        if values.get("nats_url") is None:
            shared = BrokerSettings().nats_url
            if shared is not None:
                return {**values, "nats_url": shared}
        return values

    @model_validator(mode="after")
    def _level_is_known(self) -> Self:
        if self.log_level.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("log_level is one of DEBUG, INFO, WARNING, ERROR")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Look at arguments, then at the service's own variables, then at those of the whole suite."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, EnvSettingsSource(settings_cls, env_prefix="KECHUANG_")


@cache
def product_version() -> str:
    """Return the version of the product."""
    return str(tomllib.loads(_PROJECT.read_text("utf-8"))["project"]["version"])
