"""Migrations of the registry."""
