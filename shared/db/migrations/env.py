"""Alembic's environment for the schema of the service that is being migrated."""

from shared.db.migrate import run_env

run_env()
