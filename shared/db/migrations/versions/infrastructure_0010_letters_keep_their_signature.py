"""A dead letter keeps its event's signature and how the broker kept it: it is checked again when it is replayed."""

import sqlalchemy as sa
from alembic import op

revision = "infrastructure_0010"
down_revision = "infrastructure_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them, empty for letters that came before events were signed."""
    op.add_column("dead_letter", sa.Column("signature", sa.Text(), nullable=True))
    op.add_column("dead_letter", sa.Column("stored_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("dead_letter", sa.Column("stream_sequence", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Forget them."""
    op.drop_column("dead_letter", "stream_sequence")
    op.drop_column("dead_letter", "stored_at")
    op.drop_column("dead_letter", "signature")
