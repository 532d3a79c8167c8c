"""registry/evaluation — what a firm could become: scores, verdicts and the cheapest next step."""
