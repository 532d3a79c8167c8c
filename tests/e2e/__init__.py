"""The suite as launched, one file per story."""
