"""Events between services: one relay out of the outbox, durable consumers into the inbox, over NATS JetStream."""
