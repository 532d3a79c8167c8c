"""Events in: projections of the registry and of ipr, and the firms whose facts changed."""
