"""Rules are pure: an allow-list of imports, no clock, no ids, no input or output, no mutation, no float."""

import ast
import re

import pytest

from tests.support.source import dotted, imported_modules, name_of, room_files, tree_of

PURE_WORDS = {
    "bisect",
    "collections",
    "collections.abc",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "hashlib",
    "itertools",
    "math",
    "operator",
    "re",
    "string",
    "types",
    "typing",
    "unicodedata",
    "uuid.UUID",
}
OWN_SHELVES = ("shared.kernel", "shared.table", "shared.policy", "shared.events")
# pydantic validates and does nothing else; its Field carries the text rules of a shape (SQLModel's has no pattern).
VALIDATION = "pydantic"
# Arithmetic over many firms at once; what of it reads files or draws numbers is refused as a call.
ARRAYS = frozenset({"numpy", "numpy.typing", "numpy.typing.NDArray"})
IMPURE_OF_ARRAYS = re.compile(r"np\.(random\..*|load\w*|save\w*|fromfile|genfromtxt|memmap|datetime64|set\w+)")
IMPURE_CALLS = {
    "open",
    "print",
    "input",
    "exec",
    "eval",
    "setattr",
    "delattr",
    "globals",
    "__import__",
    "float",
}
IMPURE_METHODS = {"now", "utcnow", "today", "time", "sleep", "read_text", "write_text", "getenv", "system", "commit"}
OWN_IDS = {"shared.kernel.ids", "shared.kernel.clock.SystemClock"}


def import_problem(name: str, package: str) -> str | None:
    """Say why `name` may not be imported by a rule of `package` (`services.finance`), or None if it may."""
    if name in OWN_IDS or any(name.startswith(f"{own}.") for own in OWN_IDS):
        return f"imports {name}: rules are given their ids and their time"
    allowed = (
        name in PURE_WORDS
        or name in ARRAYS
        or any(name.startswith(f"{word}.") for word in PURE_WORDS)
        or name == "uuid"  # the module of UUID; its functions are found as names and calls
        or any(name == shelf or name.startswith(f"{shelf}.") for shelf in (*OWN_SHELVES, VALIDATION))
        or re.fullmatch(rf"{re.escape(package)}(\.\w+)?\.rules(\.\w+)*", name) is not None
        or name == "shared"
    )
    return None if allowed else f"imports {name}"


def call_problem(node: ast.Call) -> str | None:
    """Say why a rule may not make this call, or None."""
    name = dotted(node.func)
    last = name.rsplit(".", 1)[-1]
    if name in IMPURE_CALLS or name == "object.__setattr__":
        return f"calls {name}()"
    if IMPURE_OF_ARRAYS.fullmatch(name):
        return f"calls {name}()"
    if isinstance(node.func, ast.Attribute) and last in IMPURE_METHODS:
        return f"calls .{last}()"
    return f"calls {name}()" if re.fullmatch(r"uuid\d|new_id", last) else None


def mutation_problem(node: ast.AST) -> str | None:
    """Say why this statement changes something outside the rule, or None."""
    if isinstance(node, ast.Global | ast.Nonlocal):
        return f"uses {type(node).__name__.lower()}"
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AugAssign | ast.AnnAssign):
        targets = [node.target]
    elif isinstance(node, ast.Delete):
        targets = node.targets
    else:
        return None
    parts = [part for target in targets for part in ast.walk(target)]
    stored = [part for part in parts if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store | ast.Del)]
    return f"assigns to the attribute {stored[0].attr}" if stored else None


def float_problem(node: ast.AST) -> str | None:
    """Say why this expression makes a float, or None."""
    if isinstance(node, ast.Constant) and isinstance(node.value, float):
        return f"holds the float {node.value}"
    if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
        return "divides with /, which makes a float: use // or shared.kernel.money"
    return None


def impurities(tree: ast.Module, package: str) -> list[str]:
    """Return every impurity of one module of rules with its line."""
    found = [(line, import_problem(name, package)) for line, name in imported_modules(tree)]
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
            found.append((line, "is async"))
        if isinstance(node, ast.Call):
            found.append((line, call_problem(node)))
        found += [(line, mutation_problem(node)), (line, float_problem(node))]
    return [f"line {line} {problem}" for line, problem in found if problem]


BITES = {
    "async def decide() -> None: ...": "is async",
    "from datetime import datetime\nat = datetime.now()": ".now()",
    "import asyncio": "imports asyncio",
    "import os": "imports os",
    "import socket": "imports socket",
    "from numpy import random": "imports numpy.random",
    "import numpy as np\nfound = np.load('x')": "calls np.load()",
    "import numpy as np\nfound = np.random.default_rng()": "calls np.random.default_rng()",
    "import importlib": "imports importlib",
    "from sqlmodel import Field": "imports sqlmodel",
    "from services.ipr.right.rules import right": "imports services.ipr.right.rules",
    "from services.finance.lending.store import loan": "imports services.finance.lending.store",
    "from services.finance import scope\nfrom services.finance.scope import visible": "imports services.finance.scope",
    "from uuid import uuid4": "imports uuid.uuid4",
    "import uuid\nid = uuid.uuid4()": "calls uuid.uuid4()",
    "from shared.kernel.ids import new_id": "imports shared.kernel.ids",
    "from shared.kernel.clock import SystemClock": "SystemClock",
    "handle = open('x')": "calls open()",
    "print('x')": "calls print()",
    "def pay(loan: object) -> None:\n    loan.paid = 1": "assigns to the attribute paid",
    "def pay(loan: object) -> None:\n    loan.paid += 1": "assigns to the attribute paid",
    "def pay(loan: object) -> None:\n    loan.a, b = 1, 2": "assigns to the attribute a",
    "def pay(loan: object) -> None:\n    del loan.paid": "assigns to the attribute paid",
    "setattr(loan, 'paid', 1)": "calls setattr()",
    "object.__setattr__(loan, 'paid', 1)": "calls object.__setattr__()",
    "def f() -> None:\n    global x": "uses global",
    "rate = 0.0345": "holds the float 0.0345",
    "half = amount / 2": "divides with /",
    "amount = float('1')": "calls float()",
}


@pytest.mark.planted
@pytest.mark.parametrize("source", sorted(BITES))
def test_an_impure_rule_would_be_found(source: str) -> None:
    assert any(BITES[source] in problem for problem in impurities(ast.parse(source), "services.finance"))


@pytest.mark.planted
def test_a_pure_rule_is_left_alone() -> None:
    source = """
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from pydantic import Field
from shared.events.finance import LoanSigned
from shared.kernel.errors import Refusal
from services.finance.lending.rules.words import LoanStatus
def sign(rows: Sequence[int], *, loan_id: UUID, on: date) -> int:
    found: dict[str, int] = {}
    found["sum"] = sum(rows) // 2
    return found["sum"]
"""
    assert impurities(ast.parse(source), "services.finance") == []


def test_every_rule_is_pure() -> None:
    found = []
    for path in room_files("rules"):
        parts = name_of(path).split("/")
        package = ".".join(parts[: 2 if parts[0] == "services" else 1])
        found += [f"{name_of(path)} {problem}" for problem in impurities(tree_of(path), package)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("room", ["models", "store", "usecases"])
def test_no_float_comes_near_money(room: str) -> None:
    found = []
    for path in room_files(room):
        for node in ast.walk(tree_of(path)):
            problem = float_problem(node)
            if problem and not (room == "store" and "divides" in problem):
                found.append(f"{name_of(path)}:{getattr(node, 'lineno', 0)} {problem}")
    assert not found, "\n".join(found)
