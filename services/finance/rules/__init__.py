"""Pure decisions of finance: facts in, a frozen decision or a refusal out."""
