"""Use cases of the registry: lock, ask, apply, add, emit."""
