"""Settings of ipr, read from `IPR_…`."""

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class IprSettings(ServiceSettings):
    """What ipr is told from outside.

    Attributes:
        import_batch_rows: lines of an import that are committed together.
    """

    model_config = SettingsConfigDict(env_prefix="IPR_", extra="ignore", frozen=True)

    service: ClassVar[str] = "ipr"

    import_batch_rows: int = Field(default=200, ge=1, le=10_000)
