"""Forms of ended sessions; an administrator ends sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


_ENDS = ("SIGNED_OUT", "ENDED_ELSEWHERE", "PASSWORD_CHANGED", "ACCOUNT_SUSPENDED")


def upgrade() -> None:
    """Go one step forward."""
    _guard_ends(*_ENDS, "ENDED_BY_ADMINISTRATOR")
    op.create_table(
        "kept_form",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("typed", sa.LargeBinary(), nullable=False),
        sa.Column("kept_until_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_kept_form_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_form")),
    )
    op.create_index("ix_kept_form_until", "kept_form", ["kept_until_at"])


def downgrade() -> None:
    """Go one step back."""
    op.drop_table("kept_form")
    op.execute("UPDATE account_session SET ended_by = 'ENDED_ELSEWHERE' WHERE ended_by = 'ENDED_BY_ADMINISTRATOR'")
    _guard_ends(*_ENDS)


def _guard_ends(*ends: str) -> None:
    held = ", ".join(f"'{end}'" for end in ends)
    op.drop_constraint(op.f("ck_account_session_session_end"), "account_session", type_="check")
    op.create_check_constraint(op.f("ck_account_session_session_end"), "account_session", f"ended_by IN ({held})")
