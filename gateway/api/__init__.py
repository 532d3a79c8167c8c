"""HTTP in: tokens, composed answers, the pass-through, documents; and the command line for clients."""
