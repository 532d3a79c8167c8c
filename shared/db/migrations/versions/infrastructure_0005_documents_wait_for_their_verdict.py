"""A document waits for the scanner's verdict outside of any transaction."""

import sqlalchemy as sa
from alembic import op

revision = "infrastructure_0005"
down_revision = "infrastructure_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add when a document is due and when it was judged."""
    op.add_column("document", sa.Column("scan_due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("document", sa.Column("scan_attempts", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("document", sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("ck_document_scan"), "document", type_="check")
    op.create_check_constraint(
        op.f("ck_document_scan"), "document", "scan IN ('NOT_SCANNED', 'PENDING', 'CLEAN', 'INFECTED')"
    )
    op.create_check_constraint(
        op.f("ck_document_scan_due"), "document", "(scan = 'PENDING') = (scan_due_at IS NOT NULL)"
    )
    op.create_index(
        "ix_document_waiting", "document", ["scan_due_at", "id"], postgresql_where=sa.text("scan = 'PENDING'")
    )


def downgrade() -> None:
    """Go back to documents that were judged before they were kept; those that were not are removed."""
    op.execute("DELETE FROM document WHERE scan IN ('PENDING', 'INFECTED')")
    op.drop_index("ix_document_waiting", table_name="document")
    op.drop_constraint(op.f("ck_document_scan_due"), "document", type_="check")
    op.drop_constraint(op.f("ck_document_scan"), "document", type_="check")
    op.create_check_constraint(op.f("ck_document_scan"), "document", "scan IN ('NOT_SCANNED', 'CLEAN')")
    for column in ("scanned_at", "scan_attempts", "scan_due_at"):
        op.drop_column("document", column)
