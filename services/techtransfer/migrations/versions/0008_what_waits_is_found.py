"""Listings that wait for their reviewer or their poster are found without a look at every listing."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TABLES = ("achievement", "need")
_WAITING = "status IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED')"


def upgrade() -> None:
    """Make an index of those that wait; it holds no other rows."""
    for table in _TABLES:
        where = sa.text(_WAITING)
        op.create_index(f"ix_{table}_waiting", table, ["review_due_on", "id"], postgresql_where=where)


def downgrade() -> None:
    """Drop it."""
    for table in _TABLES:
        op.drop_index(f"ix_{table}_waiting", table_name=table, postgresql_where=sa.text(_WAITING))
