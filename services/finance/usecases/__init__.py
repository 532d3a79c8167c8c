"""Use cases of finance: lock, ask, apply, add, emit."""
