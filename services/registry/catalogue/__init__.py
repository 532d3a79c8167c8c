"""registry/catalogue — what applies to everybody: the yearly holiday notices."""
