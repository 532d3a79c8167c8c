"""Loops of finance: the settle window, and what ends by the calendar."""
