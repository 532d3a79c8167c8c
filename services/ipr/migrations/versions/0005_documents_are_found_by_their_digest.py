"""A document is found by its digest: the evidence that names it has an index in every table that holds evidence."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CITED = (
    ("ip_right", "evidence"),
    ("ip_right_move", "evidence"),
    ("ip_right_transfer", "evidence"),
    ("ip_right_ground", "evidence"),
    ("ip_right_evidence", "evidence"),
    ("ip_blemish", "opened_evidence"),
    ("ip_blemish", "cleared_evidence"),
)


def _name(table: str, column: str) -> str:
    return f"ix_{table}_{column}_document"


def upgrade() -> None:
    """Make the indexes; rows whose evidence names no document are left out."""
    for table, column in CITED:
        digest = f"({column} ->> 'document_sha256')"
        op.create_index(
            _name(table, column), table, [sa.text(digest)], postgresql_where=sa.text(f"{digest} IS NOT NULL")
        )


def downgrade() -> None:
    """Drop the indexes."""
    for table, column in CITED:
        op.drop_index(_name(table, column), table_name=table)
