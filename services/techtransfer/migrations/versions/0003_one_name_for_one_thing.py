"""One name for one thing: a day ends in `_on`, a title's kind is `kind`, a bank is `bank_uscc`."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = (
    ("achievement", "valid_until", "valid_until_on"),
    ("achievement", "authority_until", "authority_until_on"),
    ("need", "valid_until", "valid_until_on"),
    ("need", "authority_until", "authority_until_on"),
)


def upgrade() -> None:
    """Rename the columns; indexes and checks follow them."""
    for table, before, after in COLUMNS:
        op.alter_column(table, before, new_column_name=after)


def downgrade() -> None:
    """Give the columns their old names."""
    for table, before, after in COLUMNS:
        op.alter_column(table, after, new_column_name=before)
