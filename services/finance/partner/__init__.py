"""finance/partner — who lends: banks under agreement, and what each firm allows them to read."""
