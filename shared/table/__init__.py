"""The table shelf: the columns of a list that people upload, its heading, its cells, and what is found on each line."""
