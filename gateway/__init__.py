"""gateway — one entrance. Owns: clients, keys, tokens. Publishes: gateway.client.changed. Reacts to: nothing yet."""
