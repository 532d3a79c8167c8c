"""Events of a stream that an operator discarded: they are none of the record and close nothing again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "infrastructure_0007"
down_revision = "infrastructure_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "discarded_event",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("break_id", sa.BigInteger(), nullable=False),
        sa.Column("stream_sequence", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("aggregate", sa.String(length=60), nullable=False),
        sa.Column("aggregate_id", sa.String(length=200), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_named", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("discarded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["break_id"], ["history_break.id"], name=op.f("fk_discarded_event_break_id_history_break")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_discarded_event")),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("discarded_event")
