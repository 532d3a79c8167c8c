"""Who is refused for a role is told who may act, from the very list that refused: text and code name the same."""

import ast
from collections.abc import Iterator

import pytest

from tests.support.source import name_of, python_files, tree_of

HOME = "shared/kernel/actor.py"
ASKED = frozenset({"must_be", "check_role"})
Function = ast.FunctionDef | ast.AsyncFunctionDef


def called(node: ast.AST) -> str:
    """Return the last word of what a call calls, empty for what is no call."""
    func = node.func if isinstance(node, ast.Call) else None
    return getattr(func, "attr", getattr(func, "id", ""))


def words(node: ast.AST) -> set[str]:
    """Return the names and attributes that stand in a piece of code."""
    found = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return found | {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}


def functions(*trees: ast.Module) -> dict[str, list[Function]]:
    """Return the functions of modules by name."""
    found: dict[str, list[Function]] = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.setdefault(node.name, []).append(node)
    return found


def lists_told(call: ast.Call) -> list[str] | None:
    """Return the lists that a hand-made refusal names its bodies from; None where it names a role by itself."""
    if not call.args or not all(isinstance(one, ast.Starred) for one in call.args):
        return None
    inner = [one.value for one in call.args if isinstance(one, ast.Starred)]
    return [getattr(one, "attr", getattr(one, "id", "")) for one in inner]


def asks(function: Function, told: str, known: dict[str, list[Function]]) -> bool:
    """Tell whether a function asks by the list it tells of: itself, or by a function that it calls."""
    raised = [node for node in ast.walk(function) if called(node) == "left_to"]
    inside = {id(one) for node in raised for one in ast.walk(node)}
    own = [node for node in ast.walk(function) if id(node) not in inside]
    if any(told in {getattr(node, "id", ""), getattr(node, "attr", "")} for node in own):
        return True
    below = {name for node in own if (name := called(node)) in known}
    return any(told in words(one) for name in below for one in known[name])


def faults(tree: ast.Module, where: str, known: dict[str, list[Function]]) -> Iterator[str]:
    """Yield each refusal of a role that tells of other bodies than the code asks for, as far as both are read."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(function):
            if called(node) == "left_to" and isinstance(node, ast.Call):
                told = lists_told(node)
                if told is None:
                    yield f"{where}:{node.lineno} names the bodies by hand: ask by must_be, or tell from a list"
                else:
                    silent = [one for one in told if not asks(function, one, known)]
                    yield from (f"{where}:{node.lineno} tells of {one} and asks for others" for one in silent)
        yield from (f"{where}:{line} lets others pass than party_as tells" for line in others_than_told(function))


def others_than_told(function: Function) -> Iterator[int]:
    """Yield the lines that ask for the one body of a role where a role was let pass before without being told.

    `if actor.role is Role.CITY: return` and then `party_as(Role.ENTERPRISE)` would send everybody to the enterprise,
    though the city may act as well.
    """
    passing = [
        node.lineno
        for node in ast.walk(function)
        if isinstance(node, ast.If) and "role" in words(node.test) and isinstance(node.body[-1], ast.Return)
    ]
    told = any(called(node) in ASKED for node in ast.walk(function))
    if passing and not told:
        yield from (
            node.lineno
            for node in ast.walk(function)
            if called(node) == "party_as" and isinstance(node, ast.Call) and node.lineno > min(passing)
        )


def raised_by_hand(tree: ast.Module, where: str) -> Iterator[str]:
    """Yield each place that makes the refusal of a role without its list."""
    for node in ast.walk(tree):
        if called(node) == "Refusal" and isinstance(node, ast.Call) and node.args:
            code = getattr(node.args[0], "attr", getattr(node.args[0], "id", ""))
            if code == "FORBIDDEN_ROLE":
                yield f"{where}:{node.lineno}"


def sources() -> list[tuple[str, ast.Module]]:
    """Return the modules that may refuse a role, but for the one that makes the words."""
    paths = python_files("services", "shared", "gateway")
    return [(name_of(path), tree_of(path)) for path in paths if name_of(path) != HOME]


def test_a_refusal_of_a_role_tells_the_bodies_from_the_list_that_it_asks_by() -> None:
    held = sources()
    known = functions(*(tree for _, tree in held))
    found = [fault for where, tree in held for fault in faults(tree, where, known)]
    assert not found, "\n".join(found)


def test_the_refusal_of_a_role_is_made_in_one_place() -> None:
    assert [place for where, tree in sources() for place in raised_by_hand(tree, where)] == []


@pytest.mark.planted
@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("if actor.role is not Role.CITY:\n  raise left_to(Role.CITY)", "by hand"),
        ("if actor.role not in {Role.CITY}:\n  raise left_to(*AUTHORITIES)", "tells of AUTHORITIES"),
        ("if not may_post(actor):\n  raise left_to(*READERS)", "tells of READERS"),
        ("if actor.role is Role.CITY:\n  return\n actor.party_as(Role.BANK)", "lets others pass"),
    ],
)
def test_a_text_that_could_part_from_its_check_would_be_found(source: str, fault: str) -> None:
    rules = ast.parse("def may_post(actor):\n return actor.role in POSTERS")
    tree = ast.parse(f"def act(actor):\n {source}")
    (found,) = faults(tree, "planted", functions(tree, rules))
    assert fault in found


@pytest.mark.planted
@pytest.mark.parametrize(
    "source",
    [
        "actor.must_be(READERS)",
        "if not may_post(actor):\n  raise left_to(*POSTERS)",
        "check_role(actor.role, AUTHORITIES)\n if actor.unit_id != unit_id:\n  raise left_to(*rules.AUTHORITIES)",
        "actor.must_be(READERS)\n if actor.role is Role.CITY:\n  return\n actor.party_as(Role.BANK)",
    ],
)
def test_a_text_of_the_same_list_is_left_alone(source: str) -> None:
    rules = ast.parse("def may_post(actor):\n return actor.role in POSTERS")
    tree = ast.parse(f"def act(actor):\n {source}")
    assert list(faults(tree, "planted", functions(tree, rules))) == []
