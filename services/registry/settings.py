"""Settings of the registry: `REGISTRY_…`."""

from pathlib import Path
from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings

POLICIES = Path(__file__).parent / "policies"
"""Folder of the rule sets that the service ships."""


class RegistrySettings(ServiceSettings):
    """What the registry is told from outside."""

    model_config = SettingsConfigDict(env_prefix="REGISTRY_", extra="ignore", frozen=True)
    service: ClassVar[str] = "registry"
