"""Infrastructure tables that each service's database holds; plain SQLAlchemy Core, written by hand-made statements."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.keeping import append_only, rows_leave

_AT = DateTime(timezone=True)


def attach_infrastructure(metadata: MetaData) -> None:
    """Declare the infrastructure tables in `metadata`."""
    _outbox(metadata)
    _leases(metadata)
    _inbox(metadata)
    _audit(metadata)
    _rules_and_work(metadata)
    _documents(metadata)
    _holiday_notices(metadata)
    _work_holders(metadata)


def _outbox(metadata: MetaData) -> None:
    # Kept for ever: JetStream is a transport, this is the record.
    Table(
        "outbox_event",
        metadata,
        Column("position", BigInteger, Identity(always=True), primary_key=True),
        Column("id", Uuid, nullable=False, unique=True),
        Column("subject", String(120), nullable=False),
        Column("aggregate", String(60), nullable=False),
        Column("aggregate_id", String(200), nullable=False),
        Column("version", BigInteger, nullable=False),
        Column("sequence", BigInteger, nullable=False),
        Column("occurred_at", _AT, nullable=False),
        Column("causation_id", Uuid, nullable=False),
        Column("request_id", String(200)),
        Column("traceparent", String(60)),
        Column("data", JSONB, nullable=False),
        UniqueConstraint("aggregate", "aggregate_id", "version"),
        Index("ix_outbox_event_causation_id", "causation_id"),
        **append_only(taken_out_while="outbox_waiting"),
    )
    _outbox_marks(metadata)
    # subject = '' counts versions of the aggregate, a subject counts its sequence.
    Table(
        "event_counter",
        metadata,
        Column("aggregate", String(60), primary_key=True),
        Column("aggregate_id", String(200), primary_key=True),
        Column("subject", String(120), primary_key=True),
        Column("value", BigInteger, nullable=False),
    )
    # The open row stops the relay and every change: the stream holds events that this database does not know.
    Table(
        "history_break",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("noticed_at", _AT, nullable=False, server_default=text("now()")),
        Column("known_sequence", BigInteger, nullable=False),
        Column("last_sequence", BigInteger, nullable=False),
        Column("event_id", Uuid, nullable=False),
        Column("accepted_at", _AT),
        Column("reason", Text),
        Column("lost", BigInteger),
        CheckConstraint("(accepted_at IS NULL) = (reason IS NULL)", name="accepted_with_reason"),
        Index("ix_history_break_open", "id", postgresql_where=text("accepted_at IS NULL")),
    )
    _discarded_events(metadata)


def _outbox_marks(metadata: MetaData) -> None:
    # What is to be published, written with the event; the relay deletes it with its mark.
    Table(
        "outbox_waiting",
        metadata,
        Column("position", BigInteger, primary_key=True, autoincrement=False),
        Column("occurred_at", _AT, nullable=False),
        **rows_leave(),
    )
    # Under which number the stream took an event; empty again where the stream lost it.
    Table(
        "outbox_published",
        metadata,
        Column("position", BigInteger, primary_key=True, autoincrement=False),
        Column("stream_sequence", BigInteger),
        Column("published_at", _AT),
    )
    # One row: the highest sequence that the stream ever acknowledged; a stream that ends below it lost events.
    Table(
        "relay_mark",
        metadata,
        Column("service", String(40), primary_key=True),
        Column("stream_sequence", BigInteger, nullable=False),
    )


def _discarded_events(metadata: MetaData) -> None:
    # What stands in the stream and is none of the record: judged by an operator, so it closes nothing again.
    Table(
        "discarded_event",
        metadata,
        Column("event_id", Uuid, primary_key=True),
        Column("break_id", BigInteger, ForeignKey("history_break.id"), nullable=False),
        Column("stream_sequence", BigInteger, nullable=False),
        Column("subject", String(120), nullable=False),
        Column("aggregate", String(60), nullable=False),
        Column("aggregate_id", String(200), nullable=False),
        Column("version", BigInteger, nullable=False),
        Column("sequence", BigInteger, nullable=False),
        Column("occurred_at", _AT, nullable=False),
        Column("data", JSONB, nullable=False),
        Column("is_named", Boolean, nullable=False),
        Column("reason", Text, nullable=False),
        Column("discarded_at", _AT, nullable=False, server_default=text("now()")),
        **append_only(),
    )


def _leases(metadata: MetaData) -> None:
    # What runs once over all processes: who does it, until when, and under which number its writes are told apart.
    Table(
        "lease",
        metadata,
        Column("name", String(120), primary_key=True),
        Column("holder", Uuid, nullable=False),
        Column("fence", BigInteger, nullable=False),
        Column("expires_at", _AT, nullable=False),
    )


def _inbox(metadata: MetaData) -> None:
    Table(
        "inbox_entry",
        metadata,
        Column("handler", String(120), primary_key=True),
        Column("event_id", Uuid, primary_key=True),
        Column("received_at", _AT, nullable=False, server_default=text("now()")),
    )
    # The newest version (state) or the last sequence (happening) that a handler applied.
    Table(
        "inbox_cursor",
        metadata,
        Column("handler", String(120), primary_key=True),
        Column("subject", String(120), primary_key=True),
        Column("aggregate_id", String(200), primary_key=True),
        Column("value", BigInteger, nullable=False),
    )
    # What of a publisher's stream was certainly handled, and by which durable consumer: never above the truth.
    Table(
        "consumer_mark",
        metadata,
        Column("publisher", String(40), primary_key=True),
        Column("durable_made_at", _AT, nullable=False),
        Column("stream_sequence", BigInteger, nullable=False),
    )
    Table(
        "dead_letter",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("handler", String(120), nullable=False),
        Column("subject", String(120), nullable=False),
        Column("event_id", Uuid),
        Column("payload", LargeBinary, nullable=False),
        Column("reason", Text, nullable=False),
        Column("deliveries", Integer, nullable=False),
        Column("parked_at", _AT, nullable=False, server_default=text("now()")),
        Column("replayed_at", _AT),
        Column("discarded_at", _AT),
        Column("discard_reason", Text),
        CheckConstraint("(discarded_at IS NULL) = (discard_reason IS NULL)", name="discarded_with_reason"),
        Column("signature", Text),
        Column("stored_at", _AT),
        Column("stream_sequence", BigInteger),
        Index("ix_dead_letter_waiting", "handler", postgresql_where=text("replayed_at IS NULL")),
    )


def _audit(metadata: MetaData) -> None:
    Table(
        "audit_entry",
        metadata,
        Column("position", BigInteger, Identity(always=True), primary_key=True),
        Column("at", _AT, nullable=False),
        Column("client_id", String(120), nullable=False),
        Column("role", String(32), nullable=False),
        Column("party", String(18)),
        Column("action", String(80), nullable=False),
        Column("subject", String(200), nullable=False),
        Column("uscc", String(18)),
        Column("purpose", String(80)),
        Column("consent_id", Uuid),
        Column("fields", JSONB, nullable=False),
        Column("outcome", String(20), nullable=False),
        Column("detail", JSONB, nullable=False),
        Column("request_id", String(200)),
        Column("causation_id", Uuid, nullable=False),
        Column("seal_no", BigInteger, unique=True),
        Column("seal", String(64)),
        CheckConstraint("(seal_no IS NULL) = (seal IS NULL)", name="sealed_whole"),
        Index("ix_audit_entry_unsealed", "position", postgresql_where=text("seal_no IS NULL")),
        Index("ix_audit_entry_uscc", "uscc", "at"),
        Index("ix_audit_entry_client_id", "client_id", "position"),
        Index("ix_audit_entry_subject", "subject", "position"),
        **append_only(once=("seal_no", "seal")),
    )
    Table(
        "idempotency_key",
        metadata,
        Column("client_id", String(120), primary_key=True),
        Column("route", String(200), primary_key=True),
        Column("key", String(255), primary_key=True),
        Column("fingerprint", LargeBinary, nullable=False),
        Column("status", SmallInteger, nullable=False),
        Column("headers", JSONB, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("created_at", _AT, nullable=False),
        Index("ix_idempotency_key_created_at", "created_at"),
        **rows_leave(),
    )


def _rules_and_work(metadata: MetaData) -> None:
    Table(
        "rule_set_version",
        metadata,
        Column("policy", String(60), primary_key=True),
        Column("version", String(40), primary_key=True),
        Column("sha256", String(64), nullable=False, unique=True),
        Column("effective_from", Date, nullable=False),
        Column("effective_to", Date),
        Column("source_no", String(200), nullable=False),
        Column("content", LargeBinary, nullable=False),
        Column("published_at", _AT, nullable=False),
        **append_only(),
    )
    Table(
        "operation",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("kind", String(60), nullable=False),
        Column("state", String(20), nullable=False),
        Column("client_id", String(120), nullable=False),
        Column("role", String(32), nullable=False),
        Column("party", String(18)),
        Column("unit_id", String(8)),
        Column("file_sha256", String(64)),
        Column("input", JSONB, nullable=False),
        Column("done", BigInteger, nullable=False, server_default="0"),
        Column("total", BigInteger),
        Column("result", JSONB),
        Column("error", Text),
        Column("request_id", String(200)),
        Column("causation_id", Uuid, nullable=False),
        Column("created_at", _AT, nullable=False),
        Column("updated_at", _AT, nullable=False),
        CheckConstraint("state IN ('QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED')", name="state"),
        Index("ix_operation_open", "kind", "created_at", postgresql_where=text("state IN ('QUEUED', 'RUNNING')")),
    )
    # What imports found, by the line of the file; the words of each code stand in the program.
    Table(
        "line_finding",
        metadata,
        Column("operation_id", Uuid, ForeignKey("operation.id"), primary_key=True),
        Column("line", Integer, primary_key=True, autoincrement=False),
        Column("position", Integer, primary_key=True, autoincrement=False),
        Column("gravity", String(10), nullable=False),
        Column("code", String(60), nullable=False),
        Column("column_name", String(120), nullable=False),
        Column("value", Text, nullable=False),
        Column("details", JSONB, nullable=False),
        CheckConstraint("line >= 1", name="line_positive"),
        CheckConstraint("gravity IN ('REFUSED', 'FLAGGED', 'NOTED')", name="gravity"),
    )
    Table(
        "case_number",
        metadata,
        Column("prefix", String(40), primary_key=True),
        Column("value", BigInteger, nullable=False),
    )


def _documents(metadata: MetaData) -> None:
    # The bytes lie in the store of documents under their SHA-256; one row for each client that brought them.
    Table(
        "document",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("sha256", String(64), nullable=False),
        Column("media_type", String(120), nullable=False),
        Column("size_bytes", BigInteger, nullable=False),
        Column("file_name", String(200), nullable=False),
        Column("scan", String(20), nullable=False),
        Column("client_id", String(120), nullable=False),
        Column("role", String(32), nullable=False),
        Column("party", String(18)),
        Column("unit_id", String(8)),
        Column("created_at", _AT, nullable=False),
        # From when on it may be scanned (again); a process that dies with a claim leaves it to the next.
        Column("scan_due_at", _AT),
        Column("scan_attempts", Integer, nullable=False, server_default="0"),
        Column("scanned_at", _AT),
        CheckConstraint("scan IN ('NOT_SCANNED', 'PENDING', 'CLEAN', 'INFECTED')", name="scan"),
        CheckConstraint("(scan = 'PENDING') = (scan_due_at IS NOT NULL)", name="scan_due"),
        CheckConstraint("size_bytes > 0", name="size_positive"),
        UniqueConstraint("sha256", "client_id"),
        Index("ix_document_waiting", "scan_due_at", "id", postgresql_where=text("scan = 'PENDING'")),
        **append_only(marks=("scan", "scan_due_at", "scan_attempts", "scanned_at")),
    )


def _holiday_notices(metadata: MetaData) -> None:
    # The registry records them, the other services hold what it tells; corrected ones are kept.
    Table(
        "holiday_notice",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("year", Integer, nullable=False),
        Column("number", String(200), nullable=False),
        Column("issued_on", Date, nullable=False),
        Column("source", String(200), nullable=False),
        Column("off_days", JSONB, nullable=False),
        Column("work_days", JSONB, nullable=False),
        Column("replaces_id", Uuid),
        Column("recorded_by", String(120), nullable=False),
        Column("recorded_at", _AT, nullable=False),
        Column("replaced_at", _AT),
        Index("uq_holiday_notice_year", "year", unique=True, postgresql_where=text("replaced_at IS NULL")),
    )


def _work_holders(metadata: MetaData) -> None:
    # Who of the body whose turn it is has a waiting case; one that went back to nobody keeps its row without a holder.
    Table(
        "work_holder",
        metadata,
        Column("kind", String(40), primary_key=True),
        Column("case_id", Uuid, primary_key=True),
        Column("role", String(32), primary_key=True),
        Column("unit_id", String(8)),
        Column("client_id", String(120)),
        Column("since_at", _AT),
        CheckConstraint("(client_id IS NULL) = (since_at IS NULL)", name="held_since"),
    )
