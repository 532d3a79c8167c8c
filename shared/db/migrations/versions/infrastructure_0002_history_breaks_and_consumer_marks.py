"""Breaks of the history, and what of each stream was certainly handled."""

import sqlalchemy as sa
from alembic import op

revision = "infrastructure_0002"
down_revision = "infrastructure_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "consumer_mark",
        sa.Column("publisher", sa.String(length=40), nullable=False),
        sa.Column("durable_made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stream_sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("publisher", name=op.f("pk_consumer_mark")),
    )
    op.create_table(
        "history_break",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("known_sequence", sa.BigInteger(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("lost", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(accepted_at IS NULL) = (reason IS NULL)", name=op.f("ck_history_break_accepted_with_reason")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history_break")),
    )
    op.create_index(
        "ix_history_break_open", "history_break", ["id"], unique=False, postgresql_where=sa.text("accepted_at IS NULL")
    )


def downgrade() -> None:
    """Drop both tables."""
    op.drop_index("ix_history_break_open", table_name="history_break", postgresql_where=sa.text("accepted_at IS NULL"))
    op.drop_table("history_break")
    op.drop_table("consumer_mark")
