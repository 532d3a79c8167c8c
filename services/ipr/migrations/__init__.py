"""Schema of ipr, step by step."""
