"""The operator's page for the night as it is printed: its sections, what is typed there, the troubles it names."""

import re

from tests.support.postgres import REPOSITORY

_HEADING = re.compile(r"^## ([ -~]+?) [^ -~].*$", re.MULTILINE)
_BLOCK = re.compile(r"```(?:sh)?\n(.*?)```", re.DOTALL)
_ROW = re.compile(r"^\| `([a-z_]+)` \|", re.MULTILINE)


def text() -> str:
    """Return the page."""
    return (REPOSITORY / "docs" / "night.md").read_text(encoding="utf-8")


def sections() -> dict[str, list[list[str]]]:
    """Return the blocks of each section, by its English heading; a block is its lines."""
    parts = _HEADING.split(text())[1:]
    bodies = zip(parts[::2], parts[1::2], strict=True)
    return {heading: [block.splitlines() for block in _BLOCK.findall(body)] for heading, body in bodies}


def named_troubles() -> list[str]:
    """Return the names of the table of troubles."""
    return _ROW.findall(text().partition("## Named troubles")[2].partition("\n## ")[0])
