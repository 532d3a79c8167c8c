"""A standard that a firm led is held with its rank among the drafting units."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the rank; it is not known of what was entered before."""
    op.add_column("qualification", sa.Column("drafting_rank", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("ck_qualification_drafting_rank_positive"), "qualification", "drafting_rank IS NULL OR drafting_rank >= 1"
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_column("qualification", "drafting_rank")
