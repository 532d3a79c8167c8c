"""Second calculations, written from the published tables and formulas alone: they import nothing of the product."""
