"""registry — owns enterprises, annual filings, titles and both registers. Reacts to ipr (portfolio) and finance (evaluation)."""
