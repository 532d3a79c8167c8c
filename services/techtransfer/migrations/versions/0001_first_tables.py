"""first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = "infrastructure_0001"


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "achievement",
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("party_uscc", sa.String(length=18), nullable=False),
        sa.Column("party_name", sa.String(length=200), nullable=True),
        sa.Column("unit_id", sa.String(length=8), nullable=False),
        sa.Column(
            "key_field",
            sa.Enum(
                "NGIT",
                "NEICV",
                "EQUIP",
                "NEWMAT",
                "NEWENERGY",
                "BIOMED",
                "CARBON",
                name="key_field",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("industry_code", sa.String(length=200), nullable=True),
        sa.Column("keywords", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("cooperation_modes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("confidential_fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("contact_name", sa.LargeBinary(), nullable=True),
        sa.Column("contact_phone", sa.LargeBinary(), nullable=True),
        sa.Column("authority_sha256", sa.String(length=64), nullable=True),
        sa.Column("authority_until", sa.Date(), nullable=True),
        sa.Column(
            "result_class",
            sa.Enum(
                "APPLIED", "BASIC", "SOFT", name="result_class", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column(
            "origin",
            sa.Enum(
                "ORIGINAL",
                "IMPORTED_AND_IMPROVED",
                "DOMESTIC_SECONDARY",
                name="result_origin",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "stage",
            sa.Enum(
                "EARLY", "MIDDLE", "MATURE", name="result_stage", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("trl", sa.Integer(), nullable=False),
        sa.Column("market_level", sa.Integer(), nullable=True),
        sa.Column(
            "secrecy",
            sa.Enum(
                "NONE",
                "TRADE_SECRET",
                "STATE_SECRET",
                name="secrecy",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("technical_details", sa.Text(), nullable=True),
        sa.Column("innovation_points", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("form", sa.String(length=200), nullable=True),
        sa.Column("evaluation_method", sa.String(length=200), nullable=True),
        sa.Column("registration_no", sa.String(length=200), nullable=True),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.Column("research_from", sa.String(), nullable=True),
        sa.Column("research_to", sa.String(), nullable=True),
        sa.Column("ip_right_nos", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("completing_units", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("asking_price_fen", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_no", sa.String(length=40), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "DRAFT",
                "SUBMITTED",
                "UNDER_REVIEW",
                "RETURNED",
                "PUBLISHED",
                "WITHDRAWN",
                "EXPIRED",
                name="listing_status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("title_key", sa.String(length=64), nullable=False),
        sa.Column("posted_by", sa.String(length=120), nullable=False),
        sa.Column("poster_party", sa.String(length=18), nullable=True),
        sa.Column("reviewer", sa.String(length=120), nullable=True),
        sa.Column("review_note", sa.Text(), nullable=True),
        sa.Column("review_due_on", sa.Date(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status <> 'PUBLISHED' OR published_at IS NOT NULL", name=op.f("ck_achievement_published_dated")
        ),
        sa.CheckConstraint(
            "status <> 'RETURNED' OR review_note IS NOT NULL", name=op.f("ck_achievement_return_explained")
        ),
        sa.CheckConstraint(
            "status NOT IN ('WITHDRAWN', 'EXPIRED') OR ended_at IS NOT NULL", name=op.f("ck_achievement_end_dated")
        ),
        sa.CheckConstraint("asking_price_fen >= 0", name=op.f("ck_achievement_asking_price_fen_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_achievement")),
        sa.UniqueConstraint("case_no", name=op.f("uq_achievement_case_no")),
    )
    op.create_index("ix_achievement_created_at", "achievement", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_achievement_ending",
        "achievement",
        ["valid_until"],
        unique=False,
        postgresql_where=sa.text("status = 'PUBLISHED'"),
    )
    op.create_index("ix_achievement_party", "achievement", ["party_uscc", "created_at", "id"], unique=False)
    op.create_index("ix_achievement_unit", "achievement", ["unit_id", "created_at", "id"], unique=False)
    op.create_index(
        "uq_achievement_open_title",
        "achievement",
        ["party_uscc", "title_key"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('WITHDRAWN', 'EXPIRED')"),
    )
    op.create_table(
        "need",
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("party_uscc", sa.String(length=18), nullable=False),
        sa.Column("party_name", sa.String(length=200), nullable=True),
        sa.Column("unit_id", sa.String(length=8), nullable=False),
        sa.Column(
            "key_field",
            sa.Enum(
                "NGIT",
                "NEICV",
                "EQUIP",
                "NEWMAT",
                "NEWENERGY",
                "BIOMED",
                "CARBON",
                name="key_field",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("industry_code", sa.String(length=200), nullable=True),
        sa.Column("keywords", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("cooperation_modes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("confidential_fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("contact_name", sa.LargeBinary(), nullable=True),
        sa.Column("contact_phone", sa.LargeBinary(), nullable=True),
        sa.Column("authority_sha256", sa.String(length=64), nullable=True),
        sa.Column("authority_until", sa.Date(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("technical_details", sa.Text(), nullable=True),
        sa.Column("core_indicators", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("solution_months", sa.Integer(), nullable=True),
        sa.Column("trl_wanted", sa.Integer(), nullable=True),
        sa.Column(
            "ip_ownership",
            sa.Enum(
                "PARTY",
                "SOLVER",
                "SHARED",
                "NEGOTIABLE",
                name="ip_ownership",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("solver_conditions", sa.Text(), nullable=True),
        sa.Column("budget_fen", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_no", sa.String(length=40), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "DRAFT",
                "SUBMITTED",
                "UNDER_REVIEW",
                "RETURNED",
                "PUBLISHED",
                "WITHDRAWN",
                "EXPIRED",
                name="listing_status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("title_key", sa.String(length=64), nullable=False),
        sa.Column("posted_by", sa.String(length=120), nullable=False),
        sa.Column("poster_party", sa.String(length=18), nullable=True),
        sa.Column("reviewer", sa.String(length=120), nullable=True),
        sa.Column("review_note", sa.Text(), nullable=True),
        sa.Column("review_due_on", sa.Date(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status <> 'PUBLISHED' OR published_at IS NOT NULL", name=op.f("ck_need_published_dated")),
        sa.CheckConstraint("status <> 'RETURNED' OR review_note IS NOT NULL", name=op.f("ck_need_return_explained")),
        sa.CheckConstraint(
            "status NOT IN ('WITHDRAWN', 'EXPIRED') OR ended_at IS NOT NULL", name=op.f("ck_need_end_dated")
        ),
        sa.CheckConstraint("budget_fen >= 0", name=op.f("ck_need_budget_fen_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need")),
        sa.UniqueConstraint("case_no", name=op.f("uq_need_case_no")),
    )
    op.create_index("ix_need_created_at", "need", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_need_ending", "need", ["valid_until"], unique=False, postgresql_where=sa.text("status = 'PUBLISHED'")
    )
    op.create_index("ix_need_party", "need", ["party_uscc", "created_at", "id"], unique=False)
    op.create_index("ix_need_unit", "need", ["unit_id", "created_at", "id"], unique=False)
    op.create_index(
        "uq_need_open_title",
        "need",
        ["party_uscc", "title_key"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('WITHDRAWN', 'EXPIRED')"),
    )
    op.create_table(
        "party",
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("source_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("unit_id", sa.String(length=8), nullable=False),
        sa.Column("standing", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("uscc", name=op.f("pk_party")),
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_table("party")
    op.drop_index(
        "uq_need_open_title", table_name="need", postgresql_where=sa.text("status NOT IN ('WITHDRAWN', 'EXPIRED')")
    )
    op.drop_index("ix_need_unit", table_name="need")
    op.drop_index("ix_need_party", table_name="need")
    op.drop_index("ix_need_ending", table_name="need", postgresql_where=sa.text("status = 'PUBLISHED'"))
    op.drop_index("ix_need_created_at", table_name="need")
    op.drop_table("need")
    op.drop_index(
        "uq_achievement_open_title",
        table_name="achievement",
        postgresql_where=sa.text("status NOT IN ('WITHDRAWN', 'EXPIRED')"),
    )
    op.drop_index("ix_achievement_unit", table_name="achievement")
    op.drop_index("ix_achievement_party", table_name="achievement")
    op.drop_index("ix_achievement_ending", table_name="achievement", postgresql_where=sa.text("status = 'PUBLISHED'"))
    op.drop_index("ix_achievement_created_at", table_name="achievement")
    op.drop_table("achievement")
