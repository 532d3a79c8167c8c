"""Metrics of the bus; each is explained in docs/metrics.md."""

from shared.telemetry import counter, gauge, histogram

PUBLISHED = counter("outbox_published_total", "Events published from the outbox.", ("service",))
REPUBLISHED = counter(
    "outbox_republished_total", "Events put back to be published again after a lost stream.", ("service",)
)
BACKLOG = gauge("outbox_backlog", "Events in the outbox that wait to be published.", ("service",))
OLDEST = gauge("outbox_oldest_seconds", "Age of the oldest event that waits to be published, in seconds.", ("service",))
HISTORY_REGRESSED = gauge(
    "history_regressed", "1 while the database is older than what the service has published, else 0.", ("service",)
)
UNSIGNED = counter(
    "event_signature_refused_total",
    "Events that their publisher did not sign; kept as dead letters.",
    ("service", "publisher", "why"),
)
UNPROVISIONED = gauge(
    "bus_unprovisioned",
    "1 while the service waits for a stream or a consumer that nobody has made, else 0.",
    ("service", "stream"),
)
RELAY_ACTIVE = gauge("relay_active", "1 in the process whose relay publishes, else 0.", ("service",))
REWOUND = counter(
    "consumer_rewound_total",
    "Times that a consumer was set back to what the database holds.",
    ("service", "publisher"),
)
APPLIED = counter("inbox_applied_total", "Events that took effect.", ("service", "handler"))
DUPLICATE = counter("inbox_duplicate_total", "Events that had taken effect before.", ("service", "handler"))
STALE = counter("inbox_stale_total", "State events older than what is held; skipped.", ("service", "handler"))
REUSED = counter(
    "inbox_number_reused_total",
    "Events under a number that another event has; kept as dead letters.",
    ("service", "handler"),
)
GAP = counter("inbox_gap_total", "Events that waited because one before them was missing.", ("service", "handler"))
FAILED = counter("inbox_failed_total", "Handler calls that failed and are tried again.", ("service", "handler"))
DEAD = counter("dead_letter_total", "Messages given up on and kept with their reason.", ("service", "handler"))
DEAD_WAITING = gauge("dead_letter_waiting", "Dead letters that wait to be replayed.", ("service",))
LAG = histogram(
    "event_lag_seconds", "From the cause of an event to its effect here, in seconds.", ("service", "handler")
)
DOCUMENTS_WAITING = gauge("documents_waiting", "Documents that wait for the scanner's verdict.", ("service",))
UNSEALED = gauge("audit_unsealed", "Audit rows that wait for their seal.", ("service",))
BUS_CONNECTED = gauge("bus_connected", "1 while the process is connected to NATS.", ("service",))
