"""What the fields and values of the gateway mean, once, in Chinese and English."""

from pathlib import Path

from shared.dictionary import beside

DICTIONARY = beside(Path(__file__).parent / "meanings")
