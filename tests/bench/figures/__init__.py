"""One file per figure of the table; each measures and adds its rows."""
