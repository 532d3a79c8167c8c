"""finance/evaluation — what a firm's knowledge is worth: facts of their owners, evaluations, the credit line."""
