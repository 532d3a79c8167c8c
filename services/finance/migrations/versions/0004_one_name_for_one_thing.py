"""One name for one thing: a day ends in `_on`, a title's kind is `kind`, a bank is `bank_uscc`."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COLUMNS = (
    ("bank", "agreement_from", "agreement_from_on"),
    ("bank", "agreement_until", "agreement_until_on"),
    ("kv_evaluation", "as_of", "as_of_on"),
    ("kv_evaluation", "valid_until", "valid_until_on"),
    ("portfolio", "as_of", "as_of_on"),
    ("qualification", "kind_code", "kind"),
    ("qualification", "valid_from", "valid_from_on"),
    ("qualification", "valid_until", "valid_until_on"),
    ("consent", "recipient_uscc", "bank_uscc"),
    ("consent", "purge_by", "purge_by_on"),
    ("loan_application", "valid_until", "valid_until_on"),
    ("loan", "draw_until", "draw_until_on"),
)
CONSTRAINTS = (("consent", "fk_consent_recipient_uscc", "fk_consent_bank_uscc"),)


def upgrade() -> None:
    """Rename the columns; indexes and checks follow them."""
    for table, before, after in COLUMNS:
        op.alter_column(table, before, new_column_name=after)
    for table, before, after in CONSTRAINTS:
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {before} TO {after}")
    op.execute("""
    UPDATE portfolio SET kinds = (SELECT jsonb_agg(one - 'kind_code' || jsonb_build_object('kind', one -> 'kind_code'))
                            FROM jsonb_array_elements(kinds) AS one)
    WHERE jsonb_array_length(kinds) > 0
    """)


def downgrade() -> None:
    """Give the columns their old names."""
    op.execute("""
    UPDATE portfolio SET kinds = (SELECT jsonb_agg(one - 'kind' || jsonb_build_object('kind_code', one -> 'kind'))
                            FROM jsonb_array_elements(kinds) AS one)
    WHERE jsonb_array_length(kinds) > 0
    """)
    for table, before, after in CONSTRAINTS:
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {after} TO {before}")
    for table, before, after in COLUMNS:
        op.alter_column(table, after, new_column_name=before)
