"""Files and functions stay small enough to be read, and every package has its sign."""

import ast
from pathlib import Path

import pytest

from tests.support.source import ROOT, SERVICES, name_of, python_files, text_of, tree_of

LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def long_functions(tree: ast.Module) -> list[str]:
    """Return the functions longer than the limit, decorators not counted."""
    return [
        f"{node.name} has {(node.end_lineno or node.lineno) - node.lineno + 1} lines"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > LONGEST_FUNCTION
    ]


def sign_problem(tree: ast.Module) -> str | None:
    """Say what is wrong with the sign of a package, or None: one docstring of one line, ended by a full stop."""
    sign = ast.get_docstring(tree)
    if sign is None:
        return "has no sign"
    return None if "\n" not in sign.strip() else "has a sign of several lines"


def written_by_hand(path: Path) -> bool:
    """Tell whether people wrote the file: migrations are written by Alembic and reviewed."""
    return "versions" not in path.parts


@pytest.mark.planted
def test_a_function_too_long_would_be_found() -> None:
    body = "\n".join("    x = 1" for _ in range(LONGEST_FUNCTION))
    assert long_functions(ast.parse(f"def f():\n{body}")) == ["f has 61 lines"]
    assert long_functions(ast.parse(f"def f():\n{body}".removesuffix("\n    x = 1"))) == []


@pytest.mark.planted
def test_a_package_without_sign_would_be_found() -> None:
    assert sign_problem(ast.parse("import os")) == "has no sign"
    assert sign_problem(ast.parse('"""One.\n\nTwo.\n"""')) == "has a sign of several lines"
    assert sign_problem(ast.parse('"""One."""')) is None


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    lengths = {
        name_of(path): len(text_of(path).splitlines())
        for path in python_files("deploy", "gateway", "services", "shared", "tests")
        if written_by_hand(path)
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_longer_than_sixty_lines() -> None:
    found = [
        f"{name_of(path)} {problem}"
        for path in python_files()
        if written_by_hand(path)
        for problem in long_functions(tree_of(path))
    ]
    assert not found, "\n".join(found)


def test_every_package_has_its_sign() -> None:
    found = [
        f"{name_of(path)} {problem}"
        for path in python_files()
        if path.name == "__init__.py" and (problem := sign_problem(tree_of(path)))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("service", SERVICES)
def test_the_sign_on_a_service_says_what_it_owns_publishes_and_hears(service: str) -> None:
    sign = ast.get_docstring(tree_of(ROOT / "services" / service / "__init__.py")) or ""
    assert {"owns", "Publishes", "Reacts"} <= set(sign.split())
