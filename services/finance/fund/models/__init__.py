"""Tables: the words of the rules, an id, a status, a time."""
