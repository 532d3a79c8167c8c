"""The only code that opens outgoing HTTP: calls to the services."""
