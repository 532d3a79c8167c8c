"""Pure words that every room speaks: money, codes, dates, evidence, refusals."""
