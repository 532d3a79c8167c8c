"""Loops and long work of ipr: imports, and what time alone changes."""
