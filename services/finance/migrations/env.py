"""Alembic's door to the schema of finance."""

from services.finance.tables import Base
from shared.db.migrate import run_env

run_env(Base.metadata)
