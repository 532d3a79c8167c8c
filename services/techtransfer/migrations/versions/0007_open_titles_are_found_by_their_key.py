"""Open listings are found by their title first: one party may have a hundred thousand of them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLES = ("achievement", "need")
_OPEN = "status NOT IN ('WITHDRAWN', 'EXPIRED')"


def upgrade() -> None:
    """Let the index of open titles begin with the title."""
    _made_anew("title_key", "party_uscc")


def downgrade() -> None:
    """Let it begin with the party."""
    _made_anew("party_uscc", "title_key")


def _made_anew(*columns: str) -> None:
    for table in _TABLES:
        name, where = f"uq_{table}_open_title", sa.text(_OPEN)
        op.drop_index(name, table_name=table, postgresql_where=where)
        op.create_index(name, table, list(columns), unique=True, postgresql_where=where)
