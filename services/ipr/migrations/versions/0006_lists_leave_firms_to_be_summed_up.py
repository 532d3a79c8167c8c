"""A list marks the firms whose rights it changes; they are summed up once, when its lines are written."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the mark, and the index that finds the marked."""
    op.add_column("ip_portfolio", sa.Column("stale_since", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_ip_portfolio_stale", "ip_portfolio", ["uscc"], postgresql_where=sa.text("stale_since IS NOT NULL")
    )


def downgrade() -> None:
    """Drop both; firms that still wait would never be told, so each summary counts as one of another rule set."""
    op.execute("UPDATE ip_portfolio SET rule_set_sha256 = '' WHERE stale_since IS NOT NULL")
    op.drop_index("ix_ip_portfolio_stale", table_name="ip_portfolio")
    op.drop_column("ip_portfolio", "stale_since")
