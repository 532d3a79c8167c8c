"""The number of a right may be as long here as where it is registered."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen the column: a longer number became a dead letter."""
    op.alter_column("ip_right", "right_no", type_=sa.String(length=200), existing_type=sa.String(length=60))


def downgrade() -> None:
    """Narrow it; refused by the database where a longer number came meanwhile."""
    op.alter_column("ip_right", "right_no", type_=sa.String(length=60), existing_type=sa.String(length=200))
