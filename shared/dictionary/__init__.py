"""The meanings that every service has; a service reads its own beside them."""

from pathlib import Path

from shared.dictionary.meaning import Dictionary

FOLDER = Path(__file__).parent


def beside(own: Path) -> Dictionary:
    """Return the dictionary of a service: what all have, and what stands in its own folder."""
    return Dictionary.read(FOLDER, own)
