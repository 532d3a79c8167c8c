"""Alembic's door to the schema of ipr."""

from services.ipr.models import metadata
from shared.db.migrate import run_env

run_env(metadata)
