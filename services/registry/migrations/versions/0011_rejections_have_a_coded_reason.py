"""Applications to the city's register name the coded reason of a rejection, and the year of the filing behind them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_EXPLAINED = "ck_register_application_return_explained"


def upgrade() -> None:
    """Add both; what was rejected before keeps its notes, and which filing it rested on was not kept."""
    op.add_column("register_application", sa.Column("reason_code", sa.String(length=40), nullable=True))
    op.add_column("register_application", sa.Column("filing_year", sa.Integer(), nullable=True))
    op.drop_constraint(op.f(_EXPLAINED), "register_application", type_="check")
    op.create_check_constraint(
        op.f(_EXPLAINED),
        "register_application",
        "status NOT IN ('RETURNED', 'REJECTED') OR notes <> '[]'::jsonb OR reason_code IS NOT NULL",
    )


def downgrade() -> None:
    """Drop both; a rejection without notes says its code in one."""
    op.drop_constraint(op.f(_EXPLAINED), "register_application", type_="check")
    op.execute("""
    UPDATE register_application
       SET notes = jsonb_build_array(jsonb_build_object('field', 'reason_code', 'note', reason_code))
     WHERE status = 'REJECTED' AND notes = '[]'::jsonb
    """)
    op.create_check_constraint(
        op.f(_EXPLAINED), "register_application", "status NOT IN ('RETURNED', 'REJECTED') OR notes <> '[]'::jsonb"
    )
    op.drop_column("register_application", "filing_year")
    op.drop_column("register_application", "reason_code")
