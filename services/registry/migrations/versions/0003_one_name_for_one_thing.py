"""One name for one thing: a day ends in `_on`, a title's kind is `kind`, a bank is `bank_uscc`."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = (
    ("credit_standing", "as_of", "as_of_on"),
    ("credit_standing", "valid_until", "valid_until_on"),
    ("portfolio", "as_of", "as_of_on"),
    ("qualification", "kind_code", "kind"),
    ("qualification", "valid_from", "valid_from_on"),
    ("qualification", "valid_until", "valid_until_on"),
    ("tech_sme_evaluation", "as_of", "as_of_on"),
)


def upgrade() -> None:
    """Rename the columns; indexes and checks follow them."""
    for table, before, after in COLUMNS:
        op.alter_column(table, before, new_column_name=after)


def downgrade() -> None:
    """Give the columns their old names."""
    for table, before, after in COLUMNS:
        op.alter_column(table, after, new_column_name=before)
