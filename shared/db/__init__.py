"""One database per service: transaction, outbox, inbox, idempotency, audit, rule sets, long work, migrations."""
