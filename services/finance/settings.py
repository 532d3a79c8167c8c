"""Settings of finance, read from `FINANCE_…`."""

from pathlib import Path
from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings

POLICIES = Path(__file__).parent / "policies"
"""Folder of the rule sets that the service ships."""


class FinanceSettings(ServiceSettings):
    """What finance is told from outside; it has no settings of its own beyond the common ones."""

    model_config = SettingsConfigDict(env_prefix="FINANCE_", extra="ignore", frozen=True)

    service: ClassVar[str] = "finance"
