"""Alembic's door to the schema of techtransfer."""

from services.techtransfer.tables import metadata
from shared.db.migrate import run_env

run_env(metadata)
