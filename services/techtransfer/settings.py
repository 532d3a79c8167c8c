"""Settings of techtransfer: `TECHTRANSFER_…` in the environment."""

from pathlib import Path
from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings

POLICIES = Path(__file__).parent / "policies"
"""Folder of the rule sets that the service ships."""


class TechtransferSettings(ServiceSettings):
    """What a process of techtransfer is told from outside."""

    model_config = SettingsConfigDict(env_prefix="TECHTRANSFER_", extra="ignore", frozen=True)

    service: ClassVar[str] = "techtransfer"
