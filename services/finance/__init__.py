"""finance — owns evaluations, limits, consents, applications, loans and cover. Reacts to registry and ipr."""
