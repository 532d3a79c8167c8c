"""finance/fund — the risk-compensation fund: accounts, contributions, postings."""
