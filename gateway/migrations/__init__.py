"""Schema of the gateway, step by step."""
