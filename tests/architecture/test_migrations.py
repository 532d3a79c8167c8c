"""The migrations of a service are one line: two people who add one at the same time are told before a database is."""

import ast
from pathlib import Path

import pytest

from tests.support.source import SERVICES, files_below, home_of, name_of, tree_of

OWNERS = (*SERVICES, "gateway")


def assigned(tree: ast.Module, name: str) -> object:
    """Return the literal that a module gives to a name."""
    (value,) = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == name for one in node.targets)
    ]
    return ast.literal_eval(value)


def line_problems(versions: list[tuple[str, object, object]]) -> list[str]:
    """Return where migrations, each its file name, revision and the one before it, are no single line."""
    found, before = [], None
    for number, (name, revision, follows) in enumerate(sorted(versions), 1):
        wanted = f"{number:04}"
        if not name.startswith(f"{wanted}_") or revision != wanted:
            found.append(f"{name} is revision {revision}, the next one is {wanted}")
        elif follows != before:
            found.append(f"{name} follows {follows} instead of {before}")
        before = wanted
    return found


@pytest.mark.planted
def test_a_fork_of_two_migrations_would_be_found() -> None:
    first = ("0001_first_tables.py", "0001", None)
    assert line_problems([first, ("0002_a.py", "0002", "0001")]) == []
    assert line_problems([first, ("0002_a.py", "0002", "0001"), ("0002_b.py", "0002", "0001")])
    assert line_problems([first, ("0002_a.py", "0002", "0001"), ("0003_b.py", "0003", "0001")])
    assert line_problems([first, ("0003_b.py", "0003", "0001")])


@pytest.mark.parametrize("owner", OWNERS)
def test_the_migrations_of_a_service_are_one_line(owner: str) -> None:
    def version(path: Path) -> tuple[str, object, object]:
        tree = tree_of(path)
        return path.name, assigned(tree, "revision"), assigned(tree, "down_revision")

    versions = files_below(f"{name_of(home_of(owner))}/migrations/versions", "*.py")
    assert line_problems([version(path) for path in versions]) == []
