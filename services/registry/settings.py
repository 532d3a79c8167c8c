"""Settings of the registry: `REGISTRY_…`."""

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class RegistrySettings(ServiceSettings):
    """What the registry is told from outside.

    Attributes:
        import_batch_rows: lines of an import that are committed together.
    """

    model_config = SettingsConfigDict(env_prefix="REGISTRY_", extra="ignore", frozen=True)
    service: ClassVar[str] = "registry"

    import_batch_rows: int = Field(default=200, ge=1, le=10_000)
