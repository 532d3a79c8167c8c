"""The tables that every service's database holds: audit, outbox, inbox, dead letters, operations, rule sets, numbers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "infrastructure_0001"
down_revision = None
branch_labels = ("infrastructure",)
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "audit_entry",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client_id", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("party", sa.String(length=18), nullable=True),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=True),
        sa.Column("purpose", sa.String(length=80), nullable=True),
        sa.Column("consent_id", sa.Uuid(), nullable=True),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("request_id", sa.String(length=200), nullable=True),
        sa.Column("causation_id", sa.Uuid(), nullable=False),
        sa.Column("seal_no", sa.BigInteger(), nullable=True),
        sa.Column("seal", sa.String(length=64), nullable=True),
        sa.CheckConstraint("(seal_no IS NULL) = (seal IS NULL)", name=op.f("ck_audit_entry_sealed_whole")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("seal_no", name=op.f("uq_audit_entry_seal_no")),
    )
    op.create_index(
        "ix_audit_entry_unsealed",
        "audit_entry",
        ["position"],
        unique=False,
        postgresql_where=sa.text("seal_no IS NULL"),
    )
    op.create_index("ix_audit_entry_uscc", "audit_entry", ["uscc", "at"], unique=False)
    op.create_table(
        "case_number",
        sa.Column("prefix", sa.String(length=40), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_case_number")),
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("handler", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("replayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter")),
    )
    op.create_index(
        "ix_dead_letter_waiting",
        "dead_letter",
        ["handler"],
        unique=False,
        postgresql_where=sa.text("replayed_at IS NULL"),
    )
    op.create_table(
        "event_counter",
        sa.Column("aggregate", sa.String(length=60), nullable=False),
        sa.Column("aggregate_id", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("aggregate", "aggregate_id", "subject", name=op.f("pk_event_counter")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("client_id", sa.String(length=120), nullable=False),
        sa.Column("route", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "route", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"], unique=False)
    op.create_table(
        "inbox_cursor",
        sa.Column("handler", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("aggregate_id", sa.String(length=200), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("handler", "subject", "aggregate_id", name=op.f("pk_inbox_cursor")),
    )
    op.create_table(
        "inbox_entry",
        sa.Column("handler", sa.String(length=120), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("handler", "event_id", name=op.f("pk_inbox_entry")),
    )
    op.create_table(
        "operation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("client_id", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("party", sa.String(length=18), nullable=True),
        sa.Column("unit_id", sa.String(length=8), nullable=True),
        sa.Column("file_sha256", sa.String(length=64), nullable=True),
        sa.Column("input", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("request_id", sa.String(length=200), nullable=True),
        sa.Column("causation_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('QUEUED', 'RUNNING', 'DONE', 'FAILED')", name=op.f("ck_operation_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operation")),
    )
    op.create_index(
        "ix_operation_open",
        "operation",
        ["kind", "created_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('QUEUED', 'RUNNING')"),
    )
    op.create_table(
        "outbox_event",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("aggregate", sa.String(length=60), nullable=False),
        sa.Column("aggregate_id", sa.String(length=200), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("causation_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.String(length=200), nullable=True),
        sa.Column("traceparent", sa.String(length=60), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stream_sequence", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_outbox_event")),
        sa.UniqueConstraint(
            "aggregate", "aggregate_id", "version", name=op.f("uq_outbox_event_aggregate_aggregate_id_version")
        ),
        sa.UniqueConstraint("id", name=op.f("uq_outbox_event_id")),
    )
    op.create_index("ix_outbox_event_causation_id", "outbox_event", ["causation_id"], unique=False)
    op.create_index(
        "ix_outbox_event_unpublished",
        "outbox_event",
        ["position"],
        unique=False,
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.create_table(
        "relay_mark",
        sa.Column("service", sa.String(length=40), nullable=False),
        sa.Column("stream_sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("service", name=op.f("pk_relay_mark")),
    )
    op.create_table(
        "rule_set_version",
        sa.Column("policy", sa.String(length=60), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("source_no", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("policy", "version", name=op.f("pk_rule_set_version")),
        sa.UniqueConstraint("sha256", name=op.f("uq_rule_set_version_sha256")),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("rule_set_version")
    op.drop_table("relay_mark")
    op.drop_index(
        "ix_outbox_event_unpublished", table_name="outbox_event", postgresql_where=sa.text("published_at IS NULL")
    )
    op.drop_index("ix_outbox_event_causation_id", table_name="outbox_event")
    op.drop_table("outbox_event")
    op.drop_index(
        "ix_operation_open", table_name="operation", postgresql_where=sa.text("state IN ('QUEUED', 'RUNNING')")
    )
    op.drop_table("operation")
    op.drop_table("inbox_entry")
    op.drop_table("inbox_cursor")
    op.drop_index("ix_idempotency_key_created_at", table_name="idempotency_key")
    op.drop_table("idempotency_key")
    op.drop_table("event_counter")
    op.drop_index("ix_dead_letter_waiting", table_name="dead_letter", postgresql_where=sa.text("replayed_at IS NULL"))
    op.drop_table("dead_letter")
    op.drop_table("case_number")
    op.drop_index("ix_audit_entry_uscc", table_name="audit_entry")
    op.drop_index("ix_audit_entry_unsealed", table_name="audit_entry", postgresql_where=sa.text("seal_no IS NULL"))
    op.drop_table("audit_entry")
