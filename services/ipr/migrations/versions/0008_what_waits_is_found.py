"""What waits for the IP centre is found without a look at every right: what is only declared, and moves that are held."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make an index of each; they hold no other rows."""
    op.create_index(
        "ix_ip_right_declared",
        "ip_right",
        ["created_at", "id"],
        postgresql_where=sa.text("evidence_level = 'DECLARED'"),
    )
    op.create_index("ix_ip_right_move_held", "ip_right_move", ["right_id"], postgresql_where=sa.text("status = 'HELD'"))


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_ip_right_move_held", table_name="ip_right_move")
    op.drop_index("ix_ip_right_declared", table_name="ip_right")
