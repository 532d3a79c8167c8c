"""Lock, ask, apply, add, emit: what happens to rights, portfolios and sheets."""
