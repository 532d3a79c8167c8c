"""Settings of ipr, read from `IPR_…`."""

from pathlib import Path
from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings

POLICIES = Path(__file__).parent / "policies"
"""Folder of the rule sets that the service ships."""


class IprSettings(ServiceSettings):
    """What ipr is told from outside."""

    model_config = SettingsConfigDict(env_prefix="IPR_", extra="ignore", frozen=True)

    service: ClassVar[str] = "ipr"
