"""Dated rule sets: checked when read, picked by date, evaluated, explained in two languages, replayed to the byte."""
