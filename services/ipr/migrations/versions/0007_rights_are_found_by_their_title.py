"""A right is found by the key of its title: width, case, brackets, spaces and invisible marks make no difference."""

import sqlalchemy as sa
from alembic import op

from shared.kernel.fold import search_key

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_AT_ONCE = 5_000


def upgrade() -> None:
    """Add the key and make it for every right, some thousand at once: a city has more than a million."""
    op.add_column("ip_right", sa.Column("title_key", sa.Text(), nullable=True))
    connection = op.get_bind()
    some = sa.text("SELECT id, title FROM ip_right WHERE title_key IS NULL LIMIT :number").bindparams(number=_AT_ONCE)
    keyed = sa.text(
        "UPDATE ip_right SET title_key = new.key"
        " FROM unnest(cast(:ids AS uuid[]), cast(:keys AS text[])) AS new (id, key) WHERE ip_right.id = new.id"
    )
    while held := connection.execute(some).all():
        keys = {"ids": [row.id for row in held], "keys": [search_key(row.title) for row in held]}
        connection.execute(keyed, keys)
    op.alter_column("ip_right", "title_key", nullable=False)


def downgrade() -> None:
    """Drop the key."""
    op.drop_column("ip_right", "title_key")
