"""Lock, ask, apply, add, emit."""
