"""What the gateway does: register clients, give tokens, keep its signing keys."""
