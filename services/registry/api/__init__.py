"""HTTP into the registry: parse, authorise, one call."""
