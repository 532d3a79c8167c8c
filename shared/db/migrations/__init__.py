"""Schema of the infrastructure tables, step by step, and Alembic's one environment for every service."""
