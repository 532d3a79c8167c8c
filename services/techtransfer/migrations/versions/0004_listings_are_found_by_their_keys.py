"""Listings are found and compared by keys: width, case, brackets, spaces and invisible marks make no difference."""

from hashlib import sha256

import sqlalchemy as sa
from alembic import op

from shared.kernel.fold import search_key

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ENDED = ("WITHDRAWN", "EXPIRED")


def upgrade() -> None:
    """Add what is searched and make both keys for every listing.

    Of two open listings that only now have one title the later keeps its old key: nothing is ended by a migration.
    """
    for table in ("achievement", "need"):
        op.add_column(table, sa.Column("search_text", sa.Text(), nullable=True))
        _fill(op.get_bind(), table)
        op.alter_column(table, "search_text", nullable=False)


def _fill(connection: sa.Connection, table: str) -> None:
    held = connection.execute(
        sa.text(f"SELECT id, party_uscc, title, keywords, status, title_key FROM {table} ORDER BY created_at, id")  # noqa: S608  # our own names
    ).all()
    taken: set[tuple[str, str]] = set()
    rows = []
    for row in held:
        key = sha256(search_key(row.title).encode()).hexdigest()
        if row.status not in _ENDED:
            key = row.title_key if (row.party_uscc, key) in taken else key
            taken.add((row.party_uscc, key))
        found_by = "\n".join(search_key(words) for words in (row.title, *row.keywords))
        rows.append({"id": row.id, "title_key": key, "search_text": found_by})
    if rows:
        connection.execute(
            sa.text(f"UPDATE {table} SET title_key = :title_key, search_text = :search_text WHERE id = :id"),  # noqa: S608  # 〃
            rows,
        )


def downgrade() -> None:
    """Drop what is searched; titles keep their keys."""
    for table in ("need", "achievement"):
        op.drop_column(table, "search_text")
