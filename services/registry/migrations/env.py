"""Alembic's environment of the registry."""

from services.registry import tables as models
from shared.db.migrate import run_env

run_env(models.Base.metadata)
