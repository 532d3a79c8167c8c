"""Findings of imports move to the table of every service; legal forms of real lists are known."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = "infrastructure_0003"


def upgrade() -> None:
    """Move the findings and let the new legal forms be kept."""
    op.execute(
        "INSERT INTO line_finding SELECT operation_id, line, position, gravity, code, column_name, value, '{}'::jsonb"
        " FROM import_finding"
    )
    op.drop_table("import_finding")
    op.drop_constraint(op.f("ck_enterprise_legal_form"), "enterprise", type_="check")
    op.create_check_constraint(
        op.f("ck_enterprise_legal_form"),
        "enterprise",
        "legal_form IN ('LIMITED', 'JOINT_STOCK', 'STATE_OWNED', 'COLLECTIVE', 'STOCK_COOPERATIVE', 'NON_COMPANY_LEGAL_PERSON', 'SOLE_PROPRIETORSHIP', 'PARTNERSHIP', 'BRANCH', 'REPRESENTATIVE_OFFICE', 'INDIVIDUAL_BUSINESS', 'UNINCORPORATED', 'UNKNOWN')",
    )


def downgrade() -> None:
    """Make the own table of findings again, empty; firms of the new legal forms are of an unknown one."""
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
        sa.CheckConstraint("line >= 1", name=op.f("ck_import_finding_line_positive")),
        sa.CheckConstraint("gravity IN ('REFUSED', 'FLAGGED', 'NOTED')", name=op.f("ck_import_finding_row_gravity")),
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
