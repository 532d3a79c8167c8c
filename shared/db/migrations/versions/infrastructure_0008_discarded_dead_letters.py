"""A dead letter that nobody will handle is discarded with a reason; it stays to be looked at."""

import sqlalchemy as sa
from alembic import op

revision = "infrastructure_0008"
down_revision = "infrastructure_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add when and why."""
    op.add_column("dead_letter", sa.Column("discarded_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("dead_letter", sa.Column("discard_reason", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_dead_letter_discarded_with_reason"),
        "dead_letter",
        "(discarded_at IS NULL) = (discard_reason IS NULL)",
    )


def downgrade() -> None:
    """Forget both."""
    op.drop_constraint(op.f("ck_dead_letter_discarded_with_reason"), "dead_letter", type_="check")
    op.drop_column("dead_letter", "discard_reason")
    op.drop_column("dead_letter", "discarded_at")
