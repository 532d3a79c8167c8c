"""Pure decisions on rights, their status and term, portfolios and sheets."""
