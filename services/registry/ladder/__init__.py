"""registry/ladder — how a firm climbs: applications for the registers and their decisions."""
