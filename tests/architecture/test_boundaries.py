"""What the import fence cannot see: the HTTP of the standard library, commits, swallowed errors, empty names."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.source import dotted, imported_modules, name_of, python_files, text_of, tree_of

# The modules that may open outgoing connections, by what they use.
OUTGOING = ("urllib.request", "http.client", "ftplib", "smtplib", "telnetlib", "xmlrpc", "websockets", "socket")
OUTGOING_FILES = (
    "gateway/upstream/",
    "shared/web/jwks.py",
    "shared/bus/monitor.py",
    "shared/telemetry.py",
    "deploy/",
)
# Only the edges end a transaction: everybody else is inside one.
ENDING = ("commit", "rollback", "begin")
ENDING_FILES = ("shared/db/", "shared/bus/", "shared/web/")
FORBIDDEN_NAMES = ("utils", "util", "helpers", "helper", "common", "misc", "manager", "legacy")
UNFINISHED = ("TODO", "FIXME", "XXX", "HACK")


def is_among(path: Path, files: tuple[str, ...]) -> bool:
    """Tell whether the file is one of the named files or stands below one."""
    return name_of(path).startswith(files)


def outgoing(tree: ast.Module) -> Iterator[str]:
    """Yield each import that can open an outgoing connection."""
    for line, name in imported_modules(tree):
        if any(name == word or name.startswith(f"{word}.") for word in OUTGOING):
            yield f"line {line} imports {name}"


def endings(tree: ast.Module) -> Iterator[str]:
    """Yield each call that opens or ends a transaction."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ENDING:
            yield f"line {node.lineno} calls .{node.func.attr}()"


def swallowed(tree: ast.Module) -> Iterator[str]:
    """Yield each handler that catches everything and says nothing."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            everything = node.type is None or dotted(node.type) in {"Exception", "BaseException"}
            silent = all(isinstance(part, ast.Pass | ast.Continue) for part in node.body)
            if everything and silent:
                yield f"line {node.lineno} swallows every error"


@pytest.mark.planted
@pytest.mark.parametrize(
    ("check", "source"),
    [
        (outgoing, "import urllib.request"),
        (outgoing, "from urllib import request"),
        (outgoing, "from http.client import HTTPConnection"),
        (outgoing, "import socket"),
        (endings, "async def f(tx):\n    await tx.session.commit()"),
        (endings, "async def f(tx):\n    await tx.session.rollback()"),
        (swallowed, "try:\n    f()\nexcept Exception:\n    pass"),
        (swallowed, "try:\n    f()\nexcept:\n    pass"),
    ],
)
def test_a_crossed_boundary_would_be_found(check, source: str) -> None:  # noqa: ANN001  # one of the checks above
    assert list(check(ast.parse(source)))


@pytest.mark.planted
def test_words_that_open_no_connection_are_left_alone() -> None:
    source = "from urllib.parse import quote\nfrom http import HTTPStatus\nimport http"
    assert not list(outgoing(ast.parse(source)))


def test_outgoing_connections_leave_from_named_files_only() -> None:
    found = [
        f"{name_of(path)} {problem}"
        for path in python_files()
        if not is_among(path, OUTGOING_FILES)
        for problem in outgoing(tree_of(path))
    ]
    assert not found, "\n".join(found)


def test_nobody_but_the_edges_opens_or_ends_a_transaction() -> None:
    found = [
        f"{name_of(path)} {problem}"
        for path in python_files("services", "gateway", "shared")
        if not is_among(path, ENDING_FILES)
        for problem in endings(tree_of(path))
    ]
    assert not found, "\n".join(found)


def test_no_error_is_swallowed_in_silence() -> None:
    found = [f"{name_of(path)} {problem}" for path in python_files() for problem in swallowed(tree_of(path))]
    assert not found, "\n".join(found)


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    found = [
        name_of(path)
        for path in python_files("deploy", "gateway", "services", "shared", "tests")
        if any(part.removesuffix(".py") in FORBIDDEN_NAMES for part in Path(name_of(path)).parts)
    ]
    assert not found


def test_nothing_is_left_unfinished() -> None:
    found = [
        f"{name_of(path)}:{number}"
        for path in python_files()
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if any(f"{word}:" in line or f"# {word}" in line for word in UNFINISHED)
    ]
    assert not found
