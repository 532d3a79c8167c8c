"""Pure decisions: facts in, a frozen decision or a refusal out."""
