"""One machine: PostgreSQL and NATS from wheels and five processes under a supervisor."""
