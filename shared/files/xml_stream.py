"""XML of uploaded documents, read as a stream: nothing is held, nothing is expanded, nothing is fetched."""

from collections.abc import Callable
from typing import IO
from xml.parsers import expat

_CHUNK = 1 << 20


def read_xml(
    source: IO[bytes],
    *,
    begin: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Tell of every element of a document in its order.

    A document type is refused with all it might declare: no office writes one, and entities are how a small file
    becomes a large one.

    Args:
        source: the document.
        begin: hears of each start tag, its name as written and its attributes.
        end: hears of each end tag.
        text: hears of the text between tags, in pieces.

    Raises:
        ValueError: it is not XML, or declares a document type.
    """
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = begin
    if end is not None:
        parser.EndElementHandler = end
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        while piece := source.read(_CHUNK):
            parser.Parse(piece, False)  # expat takes no keyword
        parser.Parse(b"", True)
    except expat.ExpatError as fault:
        raise ValueError("the document is not XML") from fault


def local(name: str) -> str:
    """Return the name of an element or attribute without its prefix."""
    return name.rpartition(":")[2]


def _refuse(*_: object) -> None:
    raise ValueError("the document declares a document type")
