"""Follows what a route calls through the source, as far as types and names tell, without running any of it."""
