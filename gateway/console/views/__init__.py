"""One file per page: its address, its readers, its operations, its view."""
