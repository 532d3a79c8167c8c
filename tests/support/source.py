"""The source tree as the architecture tests read it: files, syntax trees, rooms, nouns."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("deploy", "gateway", "services", "shared")
SERVICES = ("registry", "finance", "techtransfer", "ipr")
NOUN_ROOMS = ("rules", "models", "store", "usecases", "api")


def python_files(*folders: str) -> list[Path]:
    """Return every Python file below the folders (default: the product), without caches."""
    found: list[Path] = []
    for folder in folders or PACKAGES:
        found += [path for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts]
    return sorted(found)


def sub_domains(service: str) -> list[str]:
    """Return the sub-domains of a service: its folders that have one of the rooms of a noun."""
    folders = (path for path in (ROOT / "services" / service).iterdir() if path.is_dir())
    return sorted(folder.name for folder in folders if any((folder / room).is_dir() for room in NOUN_ROOMS))


def room_folders(owner: str, room: str) -> list[str]:
    """Return the folders of one room of a service, one per sub-domain, or of the gateway."""
    if owner == "gateway":
        return [f"gateway/{room}"]
    return [f"services/{owner}/{sub_domain}/{room}" for sub_domain in sub_domains(owner)]


def room_files(room: str, *owners: str) -> list[Path]:
    """Return the Python files of one room over the services and the gateway, or over `owners` alone."""
    folders = [folder for owner in owners or (*SERVICES, "gateway") for folder in room_folders(owner, room)]
    return [path for folder in folders for path in python_files(folder)]


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


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
