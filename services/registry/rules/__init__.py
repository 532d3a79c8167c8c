"""Pure decisions of the registry and their words."""
