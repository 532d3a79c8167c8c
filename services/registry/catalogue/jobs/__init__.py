"""Loops and long work of the catalogue."""
