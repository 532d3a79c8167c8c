"""Schema of techtransfer, step by step."""
