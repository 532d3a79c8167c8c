"""Loops and long work of the registry: imports and the expiry of titles."""
