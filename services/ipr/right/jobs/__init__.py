"""Loops and long work."""
