"""The page for the night: each section, block and named trouble has a drill that makes and types it."""

import ast
import re

import pytest

from shared.web.trouble import WORDS
from tests.fault.night.page import named_troubles, sections, text
from tests.support.source import ROOT, dotted, python_files, text_of, tree_of

_TARGET = re.compile(r"^([a-z-]+):", re.MULTILINE)


def drills() -> list[tuple[str, set[int], set[str]]]:
    """Return section, blocks and names of every drill, as its mark tells them."""
    found = []
    for path in python_files("tests/fault/night"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and dotted(node.func) == "pytest.mark.night":
                told = {word.arg: set(ast.literal_eval(word.value)) for word in node.keywords}
                found.append((ast.literal_eval(node.args[0]), told.get("blocks", set()), told.get("names", set())))
    return found


@pytest.mark.planted
def test_the_page_is_read_as_it_is_printed() -> None:
    assert sections()["Backup"][0][0] == "make -s backup"
    assert "dead_letters" in named_troubles()


def test_every_section_and_every_block_of_the_page_is_typed_by_a_drill() -> None:
    typed = {(section, block) for section, blocks, _ in drills() for block in blocks}
    printed = {(section, place) for section, blocks in sections().items() for place in range(len(blocks))}
    assert len(printed) > 10
    assert printed - typed == set(), "nobody has typed these blocks"
    assert typed - printed == set(), "the page does not have these blocks"
    assert set(sections()) - {section for section, _, _ in drills()} == set(), "these sections have no drill"


def test_every_named_trouble_stands_on_the_page_and_is_made_by_a_drill() -> None:
    assert sorted(named_troubles()) == sorted(WORDS)
    made = {name for _, _, names in drills() for name in names}
    assert set(WORDS) - made == set(), "nobody has made these troubles"
    assert made - set(WORDS) == set()
    metrics = text_of(ROOT / "docs" / "metrics.md")
    assert [name for name in WORDS if f"`{name}`" not in metrics] == []


def test_every_command_that_the_page_names_exists() -> None:
    targets = set(_TARGET.findall(text_of(ROOT / "Makefile")))
    named = set(re.findall(r"\bmake (?:-s )?([a-z-]+)", text()))
    assert len(named) > 8
    assert named - targets - {"room"} == set()


def test_no_line_of_the_page_is_too_long_to_read() -> None:
    printed = text_of(ROOT / "docs" / "night.md").splitlines()
    prose = [line for line in printed if not line.startswith(("|", "archive_command"))]
    assert [line for line in prose if len(line) > 140] == []
