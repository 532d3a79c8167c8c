"""Alembic's door to the schema of ipr."""

from services.ipr.tables import metadata
from shared.db.migrate import run_env

run_env(metadata)
