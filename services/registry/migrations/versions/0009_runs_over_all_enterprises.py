"""Runs over all enterprises: rule sets, ranges, frozen facts, results."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

POLICIES = ("tech_sme_evaluation", "size_class", "tech_enterprise_register")
VERDICTS = (
    "QUALIFIED", "QUALIFIED_DIRECT", "NOT_QUALIFIED", "CONDITIONS_MET", "CONDITIONS_NOT_MET", "MICRO", "SMALL",
    "MEDIUM", "LARGE", "NO_CLASS", "OWN_RULE", "INDUSTRY_UNKNOWN", "FILING_MISSING",
)  # fmt: skip
STATUSES = ("ACTIVE", "DEREGISTERED")
FORMS = (
    "LIMITED", "JOINT_STOCK", "STATE_OWNED", "COLLECTIVE", "STOCK_COOPERATIVE", "NON_COMPANY_LEGAL_PERSON",
    "SOLE_PROPRIETORSHIP", "PARTNERSHIP", "BRANCH", "REPRESENTATIVE_OFFICE", "INDIVIDUAL_BUSINESS", "UNINCORPORATED",
    "UNKNOWN",
)  # fmt: skip


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "population_rule_set",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("policy", _closed("population_policy", *POLICIES), nullable=False),
        sa.Column("as_of_on", sa.Date(), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "policy", name=op.f("pk_population_rule_set")),
    )
    op.create_table(
        "population_range",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first_uscc", sa.String(length=18), nullable=False),
        sa.Column("last_uscc", sa.String(length=18), nullable=False),
        sa.Column("firms", sa.Integer(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(firms IS NULL) = (finished_at IS NULL)", name=op.f("ck_population_range_firms_counted")),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_population_range")),
    )
    _facts()
    op.create_table(
        "population_result",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("policy", _closed("population_policy", *POLICIES), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("verdict", _closed("population_verdict", *VERDICTS), nullable=False),
        sa.Column("score_milli", sa.BigInteger(), nullable=True),
        sa.Column("gates", sa.Integer(), nullable=False),
        sa.Column("hits", sa.Text(), nullable=False),
        sa.CheckConstraint("score_milli BETWEEN 0 AND 100000", name=op.f("ck_population_result_score_milli_range")),
        sa.PrimaryKeyConstraint("run_id", "policy", "uscc", name=op.f("pk_population_result")),
    )
    op.create_index("ix_population_result_verdict", "population_result", ["run_id", "policy", "verdict", "uscc"])


def _facts() -> None:
    whole = ("staff", "science_staff", "senior_title_staff")
    money = ("revenue_fen", "cost_expense_fen", "assets_fen", "rd_expense_fen")
    op.create_table(
        "population_fact",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("enterprise_version", sa.Integer(), nullable=False),
        sa.Column("status", _closed("enterprise_status", *STATUSES), nullable=False),
        sa.Column("legal_form", _closed("legal_form", *FORMS), nullable=False),
        sa.Column("industry_barred", sa.Boolean(), nullable=False),
        sa.Column("industry_code", sa.String(length=5), nullable=True),
        sa.Column("filing_year", sa.Integer(), nullable=True),
        sa.Column("filing_version", sa.Integer(), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in whole),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in money),
        sa.Column("innovative_products", sa.Integer(), nullable=False),
        sa.Column("portfolio_version", sa.BigInteger(), nullable=True),
        sa.Column("class_1_count", sa.Integer(), nullable=False),
        sa.Column("class_2_count", sa.Integer(), nullable=False),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.Column("titles", sa.Text(), nullable=False),
        *(sa.CheckConstraint(f"{name} >= 0", name=op.f(f"ck_population_fact_{name}_not_negative")) for name in money),
        sa.PrimaryKeyConstraint("run_id", "uscc", name=op.f("pk_population_fact")),
    )


def _closed(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("ix_population_result_verdict", table_name="population_result")
    for table in ("population_result", "population_fact", "population_range", "population_rule_set"):
        op.drop_table(table)
