"""The operator's command line: help in two languages, one transaction for each command, refusals in words."""
