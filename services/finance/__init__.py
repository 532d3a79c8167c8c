"""finance — owns evaluations, limits, consents, loans and cover. Publishes finance.>. Reacts to registry and ipr."""
