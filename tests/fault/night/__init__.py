"""Drills of the operator's page for the night: each trouble is made on purpose and the page is typed as printed."""
