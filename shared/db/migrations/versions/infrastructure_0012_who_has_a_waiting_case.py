"""Who of the body whose turn it is has a waiting case."""

import sqlalchemy as sa
from alembic import op

revision = "infrastructure_0012"
down_revision = "infrastructure_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "work_holder",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("unit_id", sa.String(length=8), nullable=True),
        sa.Column("client_id", sa.String(length=120), nullable=True),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(client_id IS NULL) = (since_at IS NULL)", name=op.f("ck_work_holder_held_since")),
        sa.PrimaryKeyConstraint("kind", "case_id", "role", name=op.f("pk_work_holder")),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("work_holder")
