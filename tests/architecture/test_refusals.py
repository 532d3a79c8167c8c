"""Every "no" has one stable code, a Chinese and an English text, a way out, and the details its texts name."""

import ast
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

import pytest

from shared.kernel.refusals import NOUNS_ZH
from tests.support.source import name_of, python_files, tree_of

FIELDS = ("code", "status", "title_zh", "title_en", "way_out_zh", "way_out_en")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
UNAVAILABLE_OR_OVERLOADED = {500, 502, 503, 504}


@dataclass(frozen=True)
class Declared:
    """One declaration of a refusal code as it stands in the source."""

    where: str
    constant: str
    values: dict[str, object]

    def placeholders(self, field: str) -> set[str]:
        """Return the details that one text names."""
        return {name for _, name, _, _ in Formatter().parse(str(self.values.get(field, ""))) if name}

    def all_placeholders(self) -> set[str]:
        """Return the details that any text names."""
        return set().union(*(self.placeholders(field) for field in FIELDS[2:]))


def literal(node: ast.expr) -> object:
    """Return the value of a literal expression; texts joined over lines included."""
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def declared_in(tree: ast.Module, where: str) -> list[Declared]:
    """Return the refusal codes that a module declares."""
    found = []
    for node in ast.walk(tree):
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "RefusalCode"):
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target  # type: ignore[attr-defined]
        values = {name: literal(part) for name, part in zip(FIELDS, value.args, strict=False)}
        values |= {keyword.arg or "": literal(keyword.value) for keyword in value.keywords}
        found.append(Declared(f"{where}:{node.lineno}", target.id if isinstance(target, ast.Name) else "", values))
    return found


def all_declared() -> list[Declared]:
    """Return the refusal codes of the whole product."""
    return [found for path in python_files() for found in declared_in(tree_of(path), name_of(path))]


def problems(declared: Declared) -> list[str]:
    """Return what is wrong with one declaration."""
    values = declared.values
    found = [f"{field} is no literal" for field in FIELDS if not values.get(field)]
    if not re.fullmatch(r"[a-z][a-z0-9_]{2,60}", str(values.get("code"))):
        found.append("the code is no snake_case word")
    status = values.get("status")
    if not (isinstance(status, int) and (400 <= status < 500 or status in UNAVAILABLE_OR_OVERLOADED)):
        found.append(f"status {status} is no refusal")
    found += [
        f"{field} has no Chinese"
        for field in FIELDS
        if field.endswith("_zh") and not CHINESE.search(str(values.get(field)))
    ]
    found += [
        f"{field} is not English"
        for field in FIELDS
        if field.endswith("_en") and CHINESE.search(str(values.get(field)))
    ]
    found += [
        f"{text}_zh and {text}_en name different details"
        for text in ("title", "way_out")
        if {name.removesuffix("_zh") for name in declared.placeholders(f"{text}_zh")}
        != {name.removesuffix("_en") for name in declared.placeholders(f"{text}_en")}
    ]
    return found


def missing_details(tree: ast.Module, codes: dict[str, set[str]]) -> list[str]:
    """Return the raised refusals that do not give a detail their texts name."""
    found = []
    for node in ast.walk(tree):
        if not (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal" and node.args
        ):
            continue
        constant = node.args[0].id if isinstance(node.args[0], ast.Name) else getattr(node.args[0], "attr", "")
        given = {keyword.arg for keyword in node.keywords}
        if constant in codes and None not in given and (missing := codes[constant] - given):
            found.append(f"line {node.lineno}: {constant} needs {sorted(missing)}")
    return found


def unworded_nouns(tree: ast.Module) -> list[str]:
    """Return the nouns of raised refusals that Chinese has no word for; one that is computed is passed over."""
    texts = {
        target.id: literal(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal"):
            continue
        for given in (keyword.value for keyword in node.keywords if keyword.arg == "noun"):
            said = texts.get(given.id) if isinstance(given, ast.Name) else literal(given)
            if isinstance(given, ast.Constant | ast.Name | ast.Attribute) and said not in NOUNS_ZH:
                found.append(f"line {node.lineno}: NOUNS_ZH has no word for {said or ast.unparse(given)}")
    return found


GOOD = 'A = RefusalCode("line_exceeded", 409, "超过{left}。", "Above {left}.", "减少。", "Lower it.")'


@pytest.mark.planted
def test_a_bad_declaration_would_be_found() -> None:
    def of(source: str) -> str:
        return " ".join(problems(declared_in(ast.parse(source), "planted")[0]))

    assert of(GOOD) == ""
    assert "no Chinese" in of(GOOD.replace("超过{left}。", "Above {left}."))
    assert "not English" in of(GOOD.replace("Lower it.", "减少。"))
    assert "different details" in of(GOOD.replace("Above {left}", "Above"))
    assert "no refusal" in of(GOOD.replace("409", "200"))
    assert "no snake_case" in of(GOOD.replace("line_exceeded", "LineExceeded"))
    assert "way_out_en is no literal" in of(GOOD.replace(', "Lower it."', ""))


@pytest.mark.planted
def test_a_forgotten_detail_would_be_found() -> None:
    codes = {"A": {"left"}}
    assert missing_details(ast.parse("raise Refusal(A, pointer='/x')"), codes) == ["line 1: A needs ['left']"]
    assert missing_details(ast.parse("raise Refusal(A, left=1)"), codes) == []


@pytest.mark.planted
def test_a_noun_without_a_chinese_word_would_be_found() -> None:
    said = "NOUN = 'loan'\nraise Refusal(NOT_FOUND, noun={})"
    for noun, problem in (
        ("'loan'", ""), ("NOUN", ""), ("'gadget'", "gadget"), ("OTHER", "OTHER"), ("rules.OPERATION", "OPERATION"),
    ):  # fmt: skip
        found = unworded_nouns(ast.parse(said.format(noun)))
        assert bool(found) is bool(problem), noun
        assert problem in " ".join(found)


def test_every_noun_that_is_not_found_has_a_chinese_word() -> None:
    found = [f"{name_of(path)} {problem}" for path in python_files() for problem in unworded_nouns(tree_of(path))]
    assert not found, "\n".join(found)


def test_every_refusal_has_a_code_a_status_and_both_languages() -> None:
    found = [f"{declared.where} {problem}" for declared in all_declared() for problem in problems(declared)]
    assert not found, "\n".join(found)


def test_every_refusal_code_is_declared_once() -> None:
    declared = all_declared()
    assert declared
    twice = {code for code, count in Counter(str(one.values.get("code")) for one in declared).items() if count > 1}
    assert not twice, [one.where for one in declared if one.values.get("code") in twice]


def test_every_raised_refusal_gives_the_details_its_texts_name() -> None:
    codes = {one.constant: one.all_placeholders() for one in all_declared()}
    found = [
        f"{name_of(path)} {problem}" for path in python_files() for problem in missing_details(tree_of(path), codes)
    ]
    assert not found, "\n".join(found)


def test_refusals_are_declared_where_rules_and_edges_find_them() -> None:
    places = ("rules", "kernel", "table", "policy", "files", "web")
    found = [
        one.where for one in all_declared() if not any(place in Path(one.where.split(":")[0]).parts for place in places)
    ]
    assert not found
