"""finance/lending — from application to repayment: contract, drawdown, cover by the fund, what a bank may read."""
