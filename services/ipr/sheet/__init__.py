"""ipr/sheet — what a bank reads of a firm's rights, per application."""
