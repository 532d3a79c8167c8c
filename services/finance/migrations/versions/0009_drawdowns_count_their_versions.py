"""A drawdown counts what happens to it and to its cover: a change tells by the number that it still stands so."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Begin at one: nobody asks how often an old one was changed."""
    op.add_column("drawdown", sa.Column("version", sa.BigInteger(), nullable=False, server_default="1"))
    op.alter_column("drawdown", "version", server_default=None)


def downgrade() -> None:
    """Forget the numbers."""
    op.drop_column("drawdown", "version")
