"""Findings of imports stand in the table of every service."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = "infrastructure_0003"


def upgrade() -> None:
    """Drop the own table: it kept words instead of codes, so reports of earlier imports are not carried over."""
    op.drop_table("right_import_finding")


def downgrade() -> None:
    """Make the own table again, empty."""
    op.create_table(
        "right_import_finding",
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("column_name", sa.String(length=120), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("text_zh", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("way_out_zh", sa.Text(), nullable=False),
        sa.Column("way_out_en", sa.Text(), nullable=False),
        sa.CheckConstraint("line >= 1", name=op.f("ck_right_import_finding_line_positive")),
        sa.ForeignKeyConstraint(["operation_id"], ["operation.id"], name=op.f("fk_right_import_finding_operation_id")),
        sa.PrimaryKeyConstraint("operation_id", "line", "position", name=op.f("pk_right_import_finding")),
    )
