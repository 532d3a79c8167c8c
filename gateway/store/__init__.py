"""Every SELECT and every lock of the gateway."""
