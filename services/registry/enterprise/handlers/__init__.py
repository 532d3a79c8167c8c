"""Events in, one file per publisher."""
