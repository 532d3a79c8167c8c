"""Loops of the gateway."""
