"""Builders, fixed clock, probes and foreign oracles that the tests share."""
