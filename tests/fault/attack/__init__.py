"""What a hostile or hurried caller does: races, forged tokens, forged headers, poisoned files, stuck sessions."""
