"""Imports in one form for every service: they may be cancelled, and their findings stand in one table."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "infrastructure_0003"
down_revision = "infrastructure_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let work be cancelled and make the table of findings."""
    op.drop_constraint(op.f("ck_operation_state"), "operation", type_="check")
    op.create_check_constraint(
        op.f("ck_operation_state"), "operation", "state IN ('QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED')"
    )
    op.create_table(
        "line_finding",
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("gravity", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("column_name", sa.String(length=120), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("gravity IN ('REFUSED', 'FLAGGED', 'NOTED')", name=op.f("ck_line_finding_gravity")),
        sa.CheckConstraint("line >= 1", name=op.f("ck_line_finding_line_positive")),
        sa.ForeignKeyConstraint(["operation_id"], ["operation.id"], name=op.f("fk_line_finding_operation_id")),
        sa.PrimaryKeyConstraint("operation_id", "line", "position", name=op.f("pk_line_finding")),
    )


def downgrade() -> None:
    """Drop the table of findings; work that was cancelled counts as failed."""
    op.drop_table("line_finding")
    op.execute("UPDATE operation SET state = 'FAILED', error = 'cancelled' WHERE state = 'CANCELLED'")
    op.drop_constraint(op.f("ck_operation_state"), "operation", type_="check")
    op.create_check_constraint(
        op.f("ck_operation_state"), "operation", "state IN ('QUEUED', 'RUNNING', 'DONE', 'FAILED')"
    )
