"""Rights as ipr tells them, for the numbers that listings claim."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the projection of rights."""
    op.create_table(
        "ip_right",
        sa.Column("right_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("source_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("right_no", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("legal_status", sa.String(length=40), nullable=False),
        sa.Column("owner_usccs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("right_id", name=op.f("pk_ip_right")),
    )
    op.create_index("ix_ip_right_right_no", "ip_right", ["right_no"])


def downgrade() -> None:
    """Drop the projection."""
    op.drop_table("ip_right")
