"""Where the parts of a workbook lie: the XML of each sheet, and the texts that its cells share."""

import io
import posixpath
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.files.sheet_count import SharedTexts, SheetCount, count_sheet, shared_texts
from shared.files.xml_stream import local, read_xml

_BOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_SHARED = "/sharedStrings"


@dataclass(slots=True)
class _Parts:
    """What a workbook says of its parts.

    Attributes:
        sheets: (name, relation) of each sheet.
        targets: relation → the part it leads to.
        texts: the part that holds the shared texts.
    """

    sheets: list[tuple[str, str]]
    targets: dict[str, str]
    texts: str | None = None

    def of_book(self, name: str, attributes: Mapping[str, str]) -> None:
        """Take an element of the workbook."""
        if local(name) == "sheet":
            relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            self.sheets.append((attributes.get("name", ""), relation))

    def of_relations(self, name: str, attributes: Mapping[str, str]) -> None:
        """Take an element of its relations."""
        if local(name) == "Relationship":
            target = posixpath.normpath(posixpath.join("/xl", attributes.get("Target", ""))).removeprefix("/")
            self.targets[attributes.get("Id", "")] = target
            if attributes.get("Type", "").endswith(_SHARED):
                self.texts = target

    def of_sheet(self, name: str) -> str:
        """Return the part of a sheet.

        Raises:
            ValueError: the workbook has none of this name, or several.
        """
        [relation] = [relation for found, relation in self.sheets if found == name]
        return self.targets.get(relation, "")


def count_of(source: Path | bytes, name: str) -> SheetCount:
    """Return the second count of one sheet of a workbook.

    Args:
        source: the workbook, known not to unpack to more than is taken.
        name: name of the sheet.

    Raises:
        ValueError: its parts contradict each other.
        zipfile.BadZipFile: an entry is not what the archive says of it.
    """
    with zipfile.ZipFile(source if isinstance(source, Path) else io.BytesIO(source)) as archive:
        parts = _Parts([], {})
        for place, take in ((_BOOK, parts.of_book), (_RELATIONS, parts.of_relations)):
            with archive.open(_member(archive, place)) as part:
                read_xml(part, begin=take)
        texts = SharedTexts()
        if parts.texts is not None:
            with archive.open(_member(archive, parts.texts)) as part:
                texts = shared_texts(part)
        with archive.open(_member(archive, parts.of_sheet(name))) as part:
            return count_sheet(part, texts)


def _member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """Return the one entry of a name.

    Raises:
        ValueError: there is none, or several: each reader would take another.
    """
    found = [member for member in archive.infolist() if member.filename.replace("\\", "/").lower() == name.lower()]
    [member] = found
    return member
