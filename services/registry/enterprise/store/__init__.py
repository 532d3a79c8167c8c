"""Every SELECT and every lock."""
