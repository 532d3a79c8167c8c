"""The files shelf: documents by SHA-256, their sniffed type, and tables read line by line."""
