"""Breaks of the history, and what of each stream was certainly handled: the infrastructure's step at this place."""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = "infrastructure_0002"


def upgrade() -> None:
    """Change nothing: the tables are made by the step that this one follows."""


def downgrade() -> None:
    """Change nothing."""
