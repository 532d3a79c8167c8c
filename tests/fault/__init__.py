"""Faults on purpose, on real servers and real processes; `make test-fault` runs them, `make test` does not."""
