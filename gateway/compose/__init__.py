"""Answers that need several services; a missing part is named, never shown as empty."""
