"""Every business rule stands on a page with its source, its function and a test that exists; no rule is missing."""

import ast
import re
from dataclasses import dataclass
from functools import cache

import pytest

from tests.support.source import ROOT, SERVICES, name_of, room_files, text_of, tree_of

COLUMNS = ["id", "rule", "source", "function", "test"]
LETTERS = {"registry": "R", "finance": "F", "techtransfer": "T", "ipr": "I", "gateway": "G", "kernel": "K"}
PAGES = sorted(LETTERS)
FUNCTION = re.compile(r"((?:(?:\w+/)?rules|shared)/[\w/]+\.py):([\w.]+)")
TEST = re.compile(r"(tests/[\w/]+\.py)::(\w+)")


@dataclass(frozen=True)
class RuleRow:
    """One row of a page of rules."""

    id: str
    rule: str
    source: str
    function: str
    test: str


def rows_of(text: str) -> list[RuleRow]:
    """Read the tables of a page whose first column is `id`; a bar inside a cell is written `\\|`."""
    rows, inside = [], False
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        if [cell.lower() for cell in cells] == COLUMNS:
            inside = True
        elif not line.strip().startswith("|"):
            inside = False
        elif inside and not set(line) <= set("|-: "):
            assert len(cells) == len(COLUMNS), f"{len(cells)} cells in: {line}"
            rows.append(RuleRow(cells[0].strip("`"), *cells[1:]))
    return rows


def page(service: str) -> tuple[RuleRow, ...]:
    """Return the rules of one service as its page tells them."""
    return tuple(rows_of(text_of(ROOT / "docs" / "rules" / f"{service}.md")))


@cache
def defined(name: str) -> frozenset[str]:
    """Return the functions and methods (`Class.method`) that a file defines."""
    path = ROOT / name
    if not path.exists():
        return frozenset()
    found = set()
    for node in tree_of(path).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found.add(node.name)
            methods = [part.name for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)]
            found.update(f"{node.name}.{method}" for method in methods)
            found.update(methods if node.name.startswith("Test") else [])
    return frozenset(found)


def home_of(owner: str) -> str:
    """Return the folder in which the rules of a page stand, with a slash; the kernel's page names whole paths."""
    return f"services/{owner}/" if owner in SERVICES else "gateway/" if owner == "gateway" else ""


def public_rules(owner: str) -> set[tuple[str, str]]:
    """Return (file, function) of every public function in the rules of a service; the kernel has none."""
    found = set()
    for path in room_files("rules", owner) if home_of(owner) else ():
        for node in tree_of(path).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                found.add((name_of(path).removeprefix(home_of(owner)), node.name))
    return found


def place(owner: str, file: str) -> str:
    """Return the path of a named file from the root."""
    return file if file.startswith("shared/") else f"{home_of(owner)}{file}"


def row_problems(row: RuleRow, service: str) -> list[str]:
    """Return what is wrong with one row."""
    found = []
    if not re.fullmatch(rf"{LETTERS[service]}(-[A-Z][A-Z0-9]*)+-\d{{1,3}}", row.id):
        found.append(f"the id is not like {LETTERS[service]}-LOAN-01")
    found += [f"{field} is empty" for field in ("rule", "source") if not getattr(row, field).strip("—- ")]
    functions, tests = FUNCTION.findall(row.function), TEST.findall(row.test)
    if not functions:
        found.append("names no function")
    if not tests:
        found.append("names no test")
    found += [f"no {file}:{name}" for file, name in functions if name not in defined(place(service, file))]
    found += [f"no {file}::{name}" for file, name in tests if name not in defined(file)]
    return [f"{row.id}: {problem}" for problem in found]


@pytest.mark.planted
def test_a_page_that_lies_would_be_found() -> None:
    text = """
| id | rule | source | function | test |
|---|---|---|---|---|
| T-LIST-01 | says | 渝府办发〔2022〕56号 九 | `rules/nowhere.py:nothing` | `tests/unit/nowhere.py::test_nothing` |
| X-1 | says | — | none | none |
"""
    first, second = rows_of(text)
    assert row_problems(first, "techtransfer") == [
        "T-LIST-01: no rules/nowhere.py:nothing",
        "T-LIST-01: no tests/unit/nowhere.py::test_nothing",
    ]
    assert len(row_problems(second, "techtransfer")) == 4


@pytest.mark.parametrize("service", PAGES)
def test_every_rule_has_a_source_a_function_and_a_test_that_exist(service: str) -> None:
    assert page(service)
    found = [problem for row in page(service) for problem in row_problems(row, service)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("service", PAGES)
def test_every_rule_id_is_given_once(service: str) -> None:
    ids = [row.id for row in page(service)]
    assert len(ids) == len(set(ids)), sorted({one for one in ids if ids.count(one) > 1})


@pytest.mark.parametrize("service", PAGES)
def test_every_public_rule_stands_on_the_page(service: str) -> None:
    told = {match for row in page(service) for match in FUNCTION.findall(row.function)}
    missing = sorted(f"{file}:{name}" for file, name in public_rules(service) - told)
    assert not missing, "\n".join(missing)
