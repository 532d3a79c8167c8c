"""One name for one thing: a day ends in `_on`, a title's kind is `kind`, a bank is `bank_uscc`."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = (
    ("ip_portfolio", "as_of", "as_of_on"),
    ("ip_right_move", "state", "status"),
    ("ip_right", "extended_until", "extended_until_on"),
    ("sheet_consent", "recipient_uscc", "bank_uscc"),
)


def upgrade() -> None:
    """Rename the columns; indexes and checks follow them."""
    for table, before, after in COLUMNS:
        op.alter_column(table, before, new_column_name=after)
    op.execute("""
    UPDATE ip_portfolio SET kinds = (SELECT jsonb_agg(one - 'kind_code' || jsonb_build_object('kind', one -> 'kind_code'))
                            FROM jsonb_array_elements(kinds) AS one)
    WHERE jsonb_array_length(kinds) > 0
    """)


def downgrade() -> None:
    """Give the columns their old names."""
    op.execute("""
    UPDATE ip_portfolio SET kinds = (SELECT jsonb_agg(one - 'kind' || jsonb_build_object('kind_code', one -> 'kind'))
                            FROM jsonb_array_elements(kinds) AS one)
    WHERE jsonb_array_length(kinds) > 0
    """)
    for table, before, after in COLUMNS:
        op.alter_column(table, after, new_column_name=before)
