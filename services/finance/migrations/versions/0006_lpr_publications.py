"""Publications of the LPR that officers record; a loan keeps whether its rate rested on a recorded one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, and the mark of loans; what loans before rested on is not known."""
    op.create_table(
        "lpr_publication",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.Column("rate_ppm", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("rate_ppm > 0", name=op.f("ck_lpr_publication_rate_positive")),
        sa.ForeignKeyConstraint(["replaces_id"], ["lpr_publication.id"], name=op.f("fk_lpr_publication_replaces_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lpr_publication")),
    )
    op.create_index(
        "uq_lpr_publication_month",
        "lpr_publication",
        ["month"],
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
    )
    op.create_index("ix_lpr_publication_created_at", "lpr_publication", ["created_at", "id"])
    status = sa.Enum(
        "RECORDED", "NOT_RECORDED", name="lpr_status", native_enum=False, create_constraint=True, length=32
    )
    op.add_column("loan", sa.Column("lpr_status", status, nullable=True))


def downgrade() -> None:
    """Take both away."""
    op.drop_column("loan", "lpr_status")
    op.drop_table("lpr_publication")
