"""ipr/right — rights, their owners, status and terms, and what a firm's portfolio counts."""
