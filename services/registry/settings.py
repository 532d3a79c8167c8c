"""Settings of the registry: `REGISTRY_…`."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings

POLICIES = Path(__file__).parent / "policies"
"""Folder of the rule sets that the service ships."""


class RegistrySettings(ServiceSettings):
    """What the registry is told from outside.

    Attributes:
        population_runs_kept: how many runs over all enterprises are kept of each policy; the rows of older ones go. One
            of three rule sets over 600,000 firms holds 0.9 GB.
    """

    model_config = SettingsConfigDict(env_prefix="REGISTRY_", extra="ignore", frozen=True)
    service: ClassVar[str] = "registry"
    population_runs_kept: int = Field(default=4, ge=1, le=1_000)
