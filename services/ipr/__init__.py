"""ipr — owns IP rights (a mirror of CNIPA) and portfolios. Publishes ipr.>. Reacts to registry and finance."""
