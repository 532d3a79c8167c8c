"""The page of kernel rules tells the truth: each function and each test that it names exists."""

import re

from tests.support.source import ROOT

PAGE = (ROOT / "docs" / "rules" / "kernel.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| K-")]
NAMED = re.compile(r"`((?:shared|tests)/[\w/]+\.py)::?([\w.]+)`")


def defines(file: str, name: str) -> bool:
    """Tell whether a file defines a function, a class or the last part of `Class.method`."""
    text = (ROOT / file).read_text(encoding="utf-8")
    last = re.escape(name.rpartition(".")[2])
    return re.search(rf"^\s*(?:(?:async )?def|class) {last}\b", text, re.MULTILINE) is not None


def test_every_function_and_every_test_on_the_page_exists() -> None:
    named = [found for row in ROWS for found in NAMED.findall(row)]
    assert len(named) > 2 * len(ROWS)
    assert [f"{file}:{name}" for file, name in named if not defines(file, name)] == []


def test_every_row_names_a_source_a_function_and_a_test() -> None:
    for row in ROWS:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert len(cells) == 5, row
        assert all(cells), row
        assert "shared/" in cells[3], row
        assert "tests/" in cells[4], row


def test_every_rule_id_in_the_source_is_on_the_page() -> None:
    ids = [row.split("|")[1].strip() for row in ROWS]
    assert len(ids) == len(set(ids))
    files = [*(ROOT / "shared" / "kernel").glob("*.py"), *(ROOT / "shared" / "policy").glob("*.py")]
    used = {one for file in files for one in re.findall(r"K-[A-Z]+-\d\d", file.read_text(encoding="utf-8"))}
    assert used <= set(ids)
