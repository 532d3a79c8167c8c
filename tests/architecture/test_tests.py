"""The tests themselves: names are sentences, our own code is not mocked."""

import ast
import re
import time
import tomllib
from collections.abc import Iterator
from typing import TypeGuard

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.source import ROOT, dotted, imported_modules, name_of, python_files, text_of, tree_of

FEWEST_WORDS = 3
DRAWN = {"new_id", "uuid4", "random.random", "secrets.token_hex"}
MOCKS = ("unittest.mock", "mock", "pytest_mock")


def short_names(tree: ast.Module) -> Iterator[str]:
    """Yield the tests whose name is no sentence."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            words = node.name.removeprefix("test_").split("_")
            if len(words) < FEWEST_WORDS:
                yield f"line {node.lineno}: {node.name}"


def toothless(tree: ast.Module) -> Iterator[str]:
    """Yield the tests that assert nothing: no assert, no expected error, no call of a check that asserts."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")):
            continue
        parts = list(ast.walk(node))
        calls = [dotted(part.func) for part in parts if isinstance(part, ast.Call)]
        if not any(isinstance(part, ast.Assert) for part in parts) and not calls:
            yield f"line {node.lineno}: {node.name} checks nothing"


def drawn_names(tree: ast.Module) -> Iterator[str]:
    """Yield the tests whose cases are drawn anew by each process: workers could not agree on the name of a case."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            called = {dotted(part.func) for one in node.decorator_list for part in ast.walk(one) if _is_call(part)}
            if drawn := called & DRAWN:
                yield f"line {node.lineno}: {node.name} draws its cases with {', '.join(sorted(drawn))}"


def _is_call(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call)


@pytest.mark.planted
def test_a_bad_test_would_be_found() -> None:
    assert list(short_names(ast.parse("def test_loan(): ..."))) == ["line 1: test_loan"]
    assert list(short_names(ast.parse("def test_a_loan_is_refused(): ..."))) == []
    assert list(toothless(ast.parse("def test_a_loan_is_refused():\n    x = 1")))
    assert not list(toothless(ast.parse("def test_a_loan_is_refused():\n    assert x")))
    assert list(drawn_names(ast.parse("@parametrize('id', [f'/{new_id()}'])\ndef test_a_loan_is_read(id): ...")))
    assert not list(drawn_names(ast.parse("@parametrize('id', ['/1'])\ndef test_a_loan_is_read(id): ...")))


def test_every_process_finds_the_same_tests() -> None:
    found = [f"{name_of(path)} {problem}" for path in python_files("tests") for problem in drawn_names(tree_of(path))]
    assert not found, "\n".join(found)


def test_the_name_of_every_test_is_a_sentence() -> None:
    found = [f"{name_of(path)} {problem}" for path in python_files("tests") for problem in short_names(tree_of(path))]
    assert not found, "\n".join(found)


def test_every_test_checks_something() -> None:
    found = [f"{name_of(path)} {problem}" for path in python_files("tests") for problem in toothless(tree_of(path))]
    assert not found, "\n".join(found)


def test_our_own_code_is_not_mocked() -> None:
    found = [
        f"{name_of(path)} line {line} imports {name}"
        for path in python_files("tests")
        for line, name in imported_modules(tree_of(path))
        if name in MOCKS or name.startswith("unittest.mock.")
    ]
    assert not found, "\n".join(found)


def test_a_build_server_checks_and_tests_and_prints_the_closing_line_of_the_tests_last() -> None:
    lines = text_of(ROOT / ".ci" / "run").splitlines()
    made = [order for line in lines if not line.startswith("#") for order in re.findall(r"make ([a-z-]+)", line)]
    assert made == ["check", "test-fault", "test"]
    # What fails before the tests is remembered, and the tests' own verdict comes first.
    assert [line.endswith("|| failed=1") for line in lines if "make " in line and line[0] != "#"] == [True, True, False]


def test_every_folder_of_tests_is_run_by_make_test_but_the_faults() -> None:
    settings = tomllib.loads(text_of(ROOT / "pyproject.toml"))["tool"]["pytest"]["ini_options"]
    folders = {name_of(path).split("/")[1] for path in python_files("tests") if path.name.startswith("test_")}
    assert {f"tests/{name}" for name in folders - {"fault"}} == set(settings["testpaths"])


CLOCKS = {
    f"{module}{name}{unit}"
    for module in ("time.", "")
    for name in ("monotonic", "perf_counter")
    for unit in ("", "_ns")
}
CLOCKS |= {"time.time", "time.time_ns"}
"""What tells the time of a clock; `process_time` counts what the machine did for us, and is none."""


def speeds(tree: ast.Module) -> Iterator[str]:
    """Yield the assertions that something took no longer than so much by the clock: on a busy machine they fail."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        told = [one for one in ast.walk(function) if isinstance(one, ast.Assign) and _asks_a_clock(one.value)]
        spans = {target.id for one in told for target in one.targets if isinstance(target, ast.Name)}
        for node in ast.walk(function):
            if isinstance(node, ast.Assert):
                bounded = (
                    one for part in ast.walk(node.test) if isinstance(part, ast.Compare) for one in _bounded(part)
                )
                if any(_asks_a_clock(one) or _names(one) & spans for one in bounded):
                    yield f"line {node.lineno}: {function.name} asserts a speed"


def _bounded(compared: ast.Compare) -> Iterator[ast.expr]:
    """Yield what a comparison demands to be the smaller."""
    sides = [compared.left, *compared.comparators]
    for place, order in enumerate(compared.ops):
        if isinstance(order, ast.Lt | ast.LtE | ast.Gt | ast.GtE):
            yield sides[place] if isinstance(order, ast.Lt | ast.LtE) else sides[place + 1]


def _asks_a_clock(node: ast.AST) -> bool:
    return any(_is_call(part) and dotted(part.func) in CLOCKS for part in ast.walk(node))


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


@pytest.mark.planted
def test_an_asserted_speed_would_be_found() -> None:
    for asserted in (
        "assert time.monotonic() - began < 1",
        "assert 1 >= time.perf_counter() - began",
        "took = perf_counter() - began\n    assert 0 <= took <= 1",
        "assert time.monotonic() < deadline",
    ):
        assert list(speeds(ast.parse(f"def test_a_loan_is_read():\n    {asserted}"))), asserted
    for sound in (
        "assert time.monotonic() - began >= 0.5",
        "assert time.process_time() - began < 1",
        "assert not patience.is_over()",
        "assert before < instant",
    ):
        assert not list(speeds(ast.parse(f"def test_a_loan_is_read():\n    {sound}"))), sound


def test_no_test_asserts_a_speed_by_the_clock() -> None:
    """Wait with `Patience`, measure in `tests/bench`; the fault tier may ask how long the product is away."""
    paths = [path for path in python_files("tests") if name_of(path).split("/")[1] not in {"bench", "fault"}]
    found = [f"{name_of(path)} {problem}" for path in paths for problem in speeds(tree_of(path))]
    assert not found, "\n".join(found)


def clocked(tree: ast.Module) -> Iterator[str]:
    """Yield the properties that fail when the machine is busy."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and dotted(node.func) == "settings":
            held = [one.value for one in node.keywords if one.arg == "deadline"]
            if any(not (isinstance(one, ast.Constant) and one.value is None) for one in held):
                yield f"line {node.lineno}: a property has a deadline"


@pytest.mark.planted
def test_a_property_with_a_deadline_would_be_found() -> None:
    assert list(clocked(ast.parse("@settings(deadline=200)\ndef test_a_loan_is_read(id): ...")))
    assert not list(clocked(ast.parse("@settings(deadline=None)\ndef test_a_loan_is_read(id): ...")))
    assert not list(clocked(ast.parse("@settings(max_examples=60)\ndef test_a_loan_is_read(id): ...")))


def test_no_property_fails_because_the_machine_is_busy() -> None:
    found = [f"{name_of(path)} {problem}" for path in python_files("tests") for problem in clocked(tree_of(path))]
    assert found == []
    seen: list[int] = []

    @given(st.integers(0, 3))
    def is_slow(value: int) -> None:
        seen.append(value)
        time.sleep(0.25 if len(seen) == 1 else 0)  # above the 200 ms that an example has where nothing else is said

    is_slow()
    assert len(seen) > 1
