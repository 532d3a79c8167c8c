"""Schema of finance, step by step."""
