"""A firm is found by the key of its name: width, case, brackets, spaces and invisible marks make no difference."""

import sqlalchemy as sa
from alembic import op

from shared.kernel.fold import search_key

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the key and make it for every firm."""
    op.add_column("enterprise", sa.Column("name_key", sa.Text(), nullable=True))
    connection = op.get_bind()
    held = connection.execute(sa.text("SELECT id, name FROM enterprise")).all()
    if held:
        connection.execute(
            sa.text("UPDATE enterprise SET name_key = :name_key WHERE id = :id"),
            [{"id": row.id, "name_key": search_key(row.name)} for row in held],
        )
    op.alter_column("enterprise", "name_key", nullable=False)


def downgrade() -> None:
    """Drop the key."""
    op.drop_column("enterprise", "name_key")
