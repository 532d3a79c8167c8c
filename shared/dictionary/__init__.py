"""The one dictionary of the product, read once."""

from pathlib import Path

from shared.dictionary.meaning import Dictionary

FOLDER = Path(__file__).parent
DICTIONARY = Dictionary.read(FOLDER)
