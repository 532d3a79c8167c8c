"""Use cases of techtransfer: lock, ask, apply, add, emit."""
