"""HTTP in: achievements, needs and what a party has listed."""
