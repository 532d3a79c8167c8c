"""HTTP in: rights, portfolios, annual fees, imports and IP sheets."""
