"""The texts of the pages and their Chinese: `make texts` puts new ones into `zh.po` and drops what no page says.

What is not translated yet stands there with an empty `msgstr`, and a test names it.
"""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from gateway.console.words import LOCALE

CONSOLE = LOCALE.parent
FILE = LOCALE / "zh.po"
_METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "mark": None}


def said() -> Catalog:
    """Return every text that templates and views say."""
    catalogue = Catalog(locale="zh", charset="utf-8")
    found = extract_from_dir(CONSOLE, _METHODS, {"templates/**.html": {"trimmed": "true"}}, keywords=_KEYWORDS)
    for file, line, message, _comments, _context in found:
        catalogue.add(message, locations=[(Path(file).as_posix(), line)])
    return catalogue


def held() -> Catalog:
    """Return the texts of `zh.po`."""
    with FILE.open("rb") as file:
        return read_po(file, locale="zh")


def main() -> int:
    """Bring `zh.po` up to date; exit code 1 while texts wait for their translation."""
    catalogue, template = held(), said()
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    with FILE.open("wb") as file:
        write_po(file, catalogue, width=120, sort_output=True, no_location=True, omit_header=False)
    waiting = [message.id for message in catalogue if message.id and not any(_forms(message.string))]
    for one in waiting:
        print(f"no Chinese yet 尚无中文: {one}")
    return 1 if waiting else 0


def _forms(string: object) -> list[str]:
    return list(string) if isinstance(string, (list, tuple)) else [str(string or "")]


if __name__ == "__main__":
    sys.exit(main())
