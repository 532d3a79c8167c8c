"""The audit is asked by who acted and by what was acted on: neither reads it from end to end."""

from alembic import op

revision = "infrastructure_0013"
down_revision = "infrastructure_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the indexes."""
    op.create_index("ix_audit_entry_client_id", "audit_entry", ["client_id", "position"], unique=False)
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject", "position"], unique=False)


def downgrade() -> None:
    """Drop the indexes."""
    op.drop_index("ix_audit_entry_subject", table_name="audit_entry")
    op.drop_index("ix_audit_entry_client_id", table_name="audit_entry")
