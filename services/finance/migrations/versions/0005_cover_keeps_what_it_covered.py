"""Cover keeps what it covered: repayment counts in a column of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BEFORE = (
    ("only_covered_counts", "status = 'COVERED' OR (covered_fen = 0 AND exposure_fen = 0)"),
    ("exposure_within_cover", "exposure_fen <= covered_fen"),
)
_AFTER = (
    ("only_covered_counts", "status = 'COVERED' OR exposure_fen = 0"),
    ("only_granted_covers", "status IN ('COVERED', 'RELEASED') OR covered_fen = 0"),
    ("release_within_cover", "released_fen BETWEEN 0 AND covered_fen"),
    ("release_whole", "status <> 'RELEASED' OR released_fen = covered_fen"),
    ("exposure_within_cover", "exposure_fen <= covered_fen - released_fen"),
)


def upgrade() -> None:
    """Add what was released, and restore what each cover covered when it was decided: what was repaid since is known."""
    op.add_column("cover", sa.Column("released_fen", sa.BigInteger(), nullable=False, server_default="0"))
    for name, _ in _BEFORE:
        op.drop_constraint(op.f(f"ck_cover_{name}"), "cover", type_="check")
    op.execute("""
    UPDATE cover SET released_fen = repaid.fen, covered_fen = covered_fen + repaid.fen
    FROM (SELECT cover.id, sum(repayment.amount_fen) AS fen FROM cover
          JOIN repayment ON repayment.drawdown_id = cover.drawdown_id AND repayment.created_at > cover.decided_at
          GROUP BY cover.id) AS repaid
    WHERE repaid.id = cover.id AND cover.status IN ('COVERED', 'RELEASED')
    """)
    op.alter_column("cover", "released_fen", server_default=None)
    for name, condition in _AFTER:
        op.create_check_constraint(op.f(f"ck_cover_{name}"), "cover", condition)


def downgrade() -> None:
    """Let what is covered fall with repayment again."""
    for name, _ in _AFTER:
        op.drop_constraint(op.f(f"ck_cover_{name}"), "cover", type_="check")
    op.execute("UPDATE cover SET covered_fen = covered_fen - released_fen")
    op.drop_column("cover", "released_fen")
    for name, condition in _BEFORE:
        op.create_check_constraint(op.f(f"ck_cover_{name}"), "cover", condition)
