"""Events that ipr hears, one file per publisher."""
