"""The source tree as the architecture tests read it: files, syntax trees, rooms, nouns; asking for nothing fails."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("deploy", "gateway", "services", "shared")
SERVICES = ("registry", "finance", "techtransfer", "ipr")
NOUN_ROOMS = ("rules", "models", "store", "usecases", "api")
ROOMS = (*NOUN_ROOMS, "handlers", "jobs")
READ: set[Path] = set()
"""The files handed out since somebody emptied the set: tests/architecture counts them for each of its tests."""


def files_below(folder: str, pattern: str) -> list[Path]:
    """Return the files of a folder whose name fits `pattern`, caches left out.

    Raises:
        AssertionError: there is none. A check over no file is green whatever the product does, so it may not run.
    """
    found = [path for path in (ROOT / folder).rglob(pattern) if "__pycache__" not in path.parts]
    assert found, f"{folder} holds no {pattern}: what reads it would find nothing wrong"
    READ.update(found)
    return sorted(found)


def python_files(*folders: str) -> list[Path]:
    """Return every Python file below the folders (default: the product); each folder has one at least."""
    return sorted(path for folder in folders or PACKAGES for path in files_below(folder, "*.py"))


def home_of(owner: str) -> Path:
    """Return the folder of a service or of the gateway."""
    return ROOT / owner if owner == "gateway" else ROOT / "services" / owner


def sub_domains(owner: str) -> list[str]:
    """Return the sub-domains of a service or of the gateway: its folders, no rooms themselves, that hold a room."""
    folders = [path for path in home_of(owner).iterdir() if path.is_dir() and path.name not in ROOMS]
    return sorted(folder.name for folder in folders if any((folder / room).is_dir() for room in ROOMS))


def room_folders(owner: str, room: str) -> list[str]:
    """Return the folders of one room: of the undivided owner, and of each of its sub-domains that has the room."""
    homes = [home_of(owner), *(home_of(owner) / name for name in sub_domains(owner))]
    return [name_of(home / room) for home in homes if (home / room).is_dir()]


def room_files(room: str, *owners: str) -> list[Path]:
    """Return the Python files of one room over the services and the gateway, or over `owners` alone; each has some."""
    found: list[Path] = []
    for owner in owners or (*SERVICES, "gateway"):
        folders = room_folders(owner, room)
        assert folders, f"{owner} has no {room}: what reads it would find nothing wrong"
        found += python_files(*folders)
    return found


def text_of(path: Path) -> str:
    """Return what stands in a file."""
    READ.add(path)
    return path.read_text(encoding="utf-8")


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    READ.add(path)
    return _parsed(path)


def name_of(path: Path) -> str:
    """Return the path as people write it: from the repository root."""
    return path.relative_to(ROOT).as_posix()


def imported_modules(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of everything that is imported; `from a import b` yields `a` and `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def dotted(node: ast.expr) -> str:
    """Return `a.b.c` for a name or an attribute chain, else an empty string for the unnamed part."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
