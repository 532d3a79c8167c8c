"""Old runs over all enterprises are cleared of their rows; those that something rests on are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; which rows may go follows from what the tables say of their keeping."""
    op.create_table(
        "population_clearing",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_population_clearing")),
    )
    op.create_table(
        "population_reference",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("entered_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("run_id", "reference", name=op.f("pk_population_reference")),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("population_reference")
    op.drop_table("population_clearing")
