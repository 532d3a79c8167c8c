"""Events that the registry hears, one file per publisher."""
