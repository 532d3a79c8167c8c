"""Imports in one form for every service: they may be cancelled, and their findings stand in one table."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let work be cancelled and make the table of findings."""
    op.drop_constraint(op.f("ck_operation_state"), "operation", type_="check")
    op.create_check_constraint(
        op.f("ck_operation_state"), "operation", "state IN ('QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED')"
    )
    # Reports of earlier imports are kept: their codes are the same.
    op.rename_table("import_finding", "import_finding_before")
    op.execute("ALTER TABLE import_finding_before DROP CONSTRAINT pk_import_finding")
    op.execute("ALTER TABLE import_finding_before DROP CONSTRAINT fk_import_finding_operation_id")
    op.create_table(
        "import_finding",
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("gravity", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("column_name", sa.String(length=120), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("gravity IN ('REFUSED', 'FLAGGED', 'NOTED')", name=op.f("ck_import_finding_gravity")),
        sa.CheckConstraint("line >= 1", name=op.f("ck_import_finding_line_positive")),
        sa.ForeignKeyConstraint(["operation_id"], ["operation.id"], name=op.f("fk_import_finding_operation_id")),
        sa.PrimaryKeyConstraint("operation_id", "line", "position", name=op.f("pk_import_finding")),
    )
    op.execute(
        "INSERT INTO import_finding SELECT operation_id, line, position, gravity, code, column_name, value, '{}'::jsonb"
        " FROM import_finding_before"
    )
    op.drop_table("import_finding_before")
    op.drop_constraint(op.f("ck_enterprise_legal_form"), "enterprise", type_="check")
    op.create_check_constraint(
        op.f("ck_enterprise_legal_form"),
        "enterprise",
        "legal_form IN ('LIMITED', 'JOINT_STOCK', 'STATE_OWNED', 'COLLECTIVE', 'STOCK_COOPERATIVE', 'NON_COMPANY_LEGAL_PERSON', 'SOLE_PROPRIETORSHIP', 'PARTNERSHIP', 'BRANCH', 'REPRESENTATIVE_OFFICE', 'INDIVIDUAL_BUSINESS', 'UNINCORPORATED', 'UNKNOWN')",
    )


def downgrade() -> None:
    """Drop the table of findings; work that was cancelled counts as failed."""
    op.drop_table("import_finding")
    op.create_table(
        "import_finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("gravity", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("column_name", sa.String(length=120), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["operation_id"], ["operation.id"], name=op.f("fk_import_finding_operation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_finding")),
    )
    op.create_index("ix_import_finding_line", "import_finding", ["operation_id", "line", "position"], unique=True)
    op.execute(
        "UPDATE enterprise SET legal_form = 'UNKNOWN'"
        " WHERE legal_form IN ('REPRESENTATIVE_OFFICE', 'INDIVIDUAL_BUSINESS', 'UNINCORPORATED')"
    )
    op.drop_constraint(op.f("ck_enterprise_legal_form"), "enterprise", type_="check")
    op.create_check_constraint(
        op.f("ck_enterprise_legal_form"),
        "enterprise",
        "legal_form IN ('LIMITED', 'JOINT_STOCK', 'STATE_OWNED', 'COLLECTIVE', 'STOCK_COOPERATIVE', 'NON_COMPANY_LEGAL_PERSON', 'SOLE_PROPRIETORSHIP', 'PARTNERSHIP', 'BRANCH', 'UNKNOWN')",
    )
    op.execute("UPDATE operation SET state = 'FAILED', error = 'cancelled' WHERE state = 'CANCELLED'")
    op.drop_constraint(op.f("ck_operation_state"), "operation", type_="check")
    op.create_check_constraint(
        op.f("ck_operation_state"), "operation", "state IN ('QUEUED', 'RUNNING', 'DONE', 'FAILED')"
    )
