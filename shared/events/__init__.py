"""The catalogue of events: what each service promises to the others, one file per publisher."""
