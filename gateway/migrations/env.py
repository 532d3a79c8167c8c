"""Alembic's door to the schema of the gateway."""

from gateway.models import metadata
from shared.db.migrate import run_env

run_env(metadata)
