"""Pages for people: views over the same API that every client calls, with a person's own token."""
