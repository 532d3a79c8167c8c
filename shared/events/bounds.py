"""How large what an event carries may be: no publisher keeps more, and every listener refuses more.

Bounds alone: nothing is folded or trimmed here, the publisher has done that. Each is that of the column which the value
comes from, so that what was stored can be told.
"""

from typing import Annotated

from pydantic import Field

from shared.kernel.types import MAX_FEN

Uscc = Annotated[str, Field(max_length=18)]
"""A unified social credit code."""
UnitId = Annotated[str, Field(max_length=12)]
"""A reporting unit."""
Word = Annotated[str, Field(max_length=60)]
"""A word of a closed list, such as a status, a kind or a reason."""
Number = Annotated[str, Field(max_length=200)]
"""A number that somebody gave: of a case, a note, a right, a notice, a client."""
Line = Annotated[str, Field(max_length=200)]
"""One line for people: a name, a title, a source."""
Subject = Annotated[str, Field(max_length=120)]
"""A subject of the broker."""
Version = Annotated[str, Field(max_length=40)]
"""Version of a rule set."""
Sha256 = Annotated[str, Field(max_length=64)]
"""SHA-256 in hexadecimal digits."""

Fen = Annotated[int, Field(ge=0, le=MAX_FEN)]
"""Money in fen."""
Milli = Annotated[int, Field(ge=0, le=MAX_FEN)]
"""Thousandths, of a point or of a count."""
Ppm = Annotated[int, Field(ge=0, le=10_000_000)]
"""Parts per million."""
Count = Annotated[int, Field(ge=0, le=100_000_000)]
"""A number of things or people."""
TermMonths = Annotated[int, Field(ge=0, le=360)]
"""A term in whole months."""
Year = Annotated[int, Field(ge=1990, le=2100)]
"""A calendar year."""
Ordinal = Annotated[int, Field(ge=1, le=2**63 - 1)]
"""Counts the events of an aggregate."""

MOST_DAYS = 366
"""Most days that a list of one year may name."""
MOST_OWNERS = 50
"""Most owners of one right."""
MOST_KINDS = 64
"""Most kinds of rights, scopes or the like."""
