"""registry — owns enterprises, filings, titles and both registers. Publishes registry.>. Reacts to ipr and finance."""
