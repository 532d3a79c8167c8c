"""That an event waits or was published stands in narrow tables of its own: the event is never touched again."""

import sqlalchemy as sa
from alembic import op

revision = "infrastructure_0011"
down_revision = "infrastructure_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, take over what the events say, and let these forget it."""
    op.create_table(
        "outbox_waiting",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_outbox_waiting")),
    )
    op.create_table(
        "outbox_published",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stream_sequence", sa.BigInteger(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_outbox_published")),
    )
    # A process of the version before may still mark events: none between what is copied and what is dropped.
    op.execute("LOCK TABLE outbox_event IN ACCESS EXCLUSIVE MODE")
    op.execute("""
        INSERT INTO outbox_waiting (position, occurred_at)
        SELECT position, occurred_at FROM outbox_event WHERE published_at IS NULL ORDER BY position
    """)
    op.execute("""
        INSERT INTO outbox_published (position, stream_sequence, published_at)
        SELECT position, stream_sequence, published_at FROM outbox_event WHERE published_at IS NOT NULL
        ORDER BY position
    """)
    # It asks for the column; the tables make the new one after the migration.
    op.execute("DROP TRIGGER IF EXISTS outbox_event_is_kept ON outbox_event")
    op.drop_index("ix_outbox_event_unpublished", table_name="outbox_event")
    op.drop_column("outbox_event", "stream_sequence")
    op.drop_column("outbox_event", "published_at")


def downgrade() -> None:
    """Write the marks back to the events."""
    op.execute("DROP TRIGGER IF EXISTS outbox_event_is_kept ON outbox_event")
    op.execute("DROP TRIGGER IF EXISTS outbox_event_is_append_only ON outbox_event")
    op.add_column("outbox_event", sa.Column("published_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outbox_event", sa.Column("stream_sequence", sa.BigInteger(), nullable=True))
    op.execute("""
        UPDATE outbox_event SET published_at = told.published_at, stream_sequence = told.stream_sequence
        FROM outbox_published AS told WHERE told.position = outbox_event.position
    """)
    op.create_index(
        "ix_outbox_event_unpublished",
        "outbox_event",
        ["position"],
        unique=False,
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.drop_table("outbox_published")
    op.drop_table("outbox_waiting")
