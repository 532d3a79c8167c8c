"""Documents that evidence points at."""

import sqlalchemy as sa
from alembic import op

revision = "infrastructure_0004"
down_revision = "infrastructure_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("scan", sa.String(length=20), nullable=False),
        sa.Column("client_id", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("party", sa.String(length=18), nullable=True),
        sa.Column("unit_id", sa.String(length=8), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("scan IN ('NOT_SCANNED', 'CLEAN')", name=op.f("ck_document_scan")),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_document_size_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("sha256", "client_id", name=op.f("uq_document_sha256_client_id")),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("document")
