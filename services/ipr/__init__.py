"""ipr — owns IP rights (a mirror of CNIPA) and each firm's portfolio summary. Reacts to registry (names) and finance (consents)."""
