"""A size class says on which filing, which day and which version of its rules it rests."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what it rests on; the version was not kept, so each class that stands is computed anew by the job."""
    op.add_column("enterprise", sa.Column("size_class_filing_year", sa.Integer(), nullable=True))
    op.add_column("enterprise", sa.Column("size_class_on", sa.Date(), nullable=True))
    op.add_column("enterprise", sa.Column("size_class_version", sa.String(length=40), nullable=True))
    op.execute("""
    UPDATE enterprise SET size_class_filing_year = newest.year, size_class_version = '',
           size_class_on = (newest.accepted_at AT TIME ZONE 'Asia/Shanghai')::date
    FROM (SELECT DISTINCT ON (uscc) uscc, year, accepted_at FROM filing WHERE status = 'ACCEPTED'
          ORDER BY uscc, year DESC) AS newest
    WHERE newest.uscc = enterprise.uscc
    """)
    op.create_check_constraint(
        op.f("ck_enterprise_size_class_dated"),
        "enterprise",
        "num_nulls(size_class_filing_year, size_class_on, size_class_version) IN (0, 3)",
    )
    op.create_check_constraint(
        op.f("ck_enterprise_size_class_has_basis"),
        "enterprise",
        "size_class IS NULL OR size_class_version IS NOT NULL",
    )
    op.create_index("ix_enterprise_size_class_version", "enterprise", ["size_class_version", "uscc"])


def downgrade() -> None:
    """Drop what it rests on; the class stays."""
    op.drop_index("ix_enterprise_size_class_version", table_name="enterprise")
    op.drop_constraint(op.f("ck_enterprise_size_class_has_basis"), "enterprise", type_="check")
    op.drop_constraint(op.f("ck_enterprise_size_class_dated"), "enterprise", type_="check")
    for column in ("size_class_version", "size_class_on", "size_class_filing_year"):
        op.drop_column("enterprise", column)
