"""Every field, value and group of routes has its meaning once, in Chinese and English; no entry speaks of nothing."""

import ast
import copy
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gateway.console.render import TEMPLATES
from shared.dictionary import DICTIONARY
from shared.dictionary.meaning import Dictionary, Meaning, with_unit
from shared.web.meaning import Described, describe
from tests.architecture.test_texts import faults
from tests.support.contracts import SERVICES, application, described
from tests.support.postgres import REPOSITORY
from tests.support.source import dotted, python_files, tree_of

NAMES = (*SERVICES, "gateway")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
EXPORTS = ("column", "columns", "columns_as_imported")
"""What makes columns of an export out of names of fields."""


@pytest.fixture(scope="module")
def looked_up() -> dict[str, Described]:
    """What each service looked up when it described itself, by name."""
    apps = {name: application(name) for name in NAMES}
    return {name: describe(copy.deepcopy(app.openapi()), DICTIONARY) for name, app in apps.items()}


@pytest.mark.parametrize("name", NAMES)
def test_every_field_value_and_tag_has_a_meaning(name: str, looked_up: dict[str, Described]) -> None:
    assert len(looked_up[name].used) > 40
    assert sorted(looked_up[name].missing) == []


def named_in_exports() -> set[str]:
    """Return the entries that title the columns of exports; a day or an instant may be named without its end."""
    calls = (node for path in python_files() for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call))
    names = {
        part.value
        for call in calls
        if dotted(call.func).rpartition(".")[2] in EXPORTS
        for part in call.args
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }
    return {f"{name}{end}" for name in names for end in ("", "_on", "_at")}


def named_on_pages() -> set[str]:
    """Return the fields and values that pages for people name themselves."""
    text = "".join(path.read_text("utf-8") for path in TEMPLATES.rglob("*.html"))
    values = {
        f"{name}.{value}" for name in re.findall(r'value_names?\("(\w+)"', text) for value in DICTIONARY.of_values(name)
    }
    return values | set(re.findall(r'field_name\("(\w+)"', text))


def named_in_rules() -> set[str]:
    """Return the words that stand as values in rule sets."""
    rules = "".join(path.read_text("utf-8") for path in (REPOSITORY / "services").glob("*/policies/*.json"))
    return {f"rule_word.{value}" for value in DICTIONARY.of_values("rule_word") if f'"value": "{value}"' in rules}


def unused(dictionary: Dictionary, used: set[str]) -> list[str]:
    """Return the entries of a dictionary that nothing looks up."""
    held = {*dictionary.fields, *dictionary.tags}
    held |= {f"{name}.{value}" for name, values in dictionary.enumerations.items() for value in values}
    return sorted(held - used)


def test_no_entry_of_the_dictionary_is_unused(looked_up: dict[str, Described]) -> None:
    assert "owner_names" in named_in_exports()
    used = named_in_exports().union(named_on_pages(), named_in_rules(), *(found.used for found in looked_up.values()))
    assert unused(DICTIONARY, used) == []


def test_no_list_of_values_is_kept_twice_under_two_names() -> None:
    lists: dict[frozenset[tuple[str, str]], list[str]] = {}
    for name, values in DICTIONARY.enumerations.items():
        lists.setdefault(frozenset((value, meaning.zh) for value, meaning in values.items()), []).append(name)
    assert len(lists) > 40
    assert [names for names in lists.values() if len(names) > 1] == []


def test_an_entry_that_nothing_looks_up_would_be_found() -> None:
    meaning = Meaning("颜色", "colour")
    held = Dictionary(
        {"colour": meaning, "uscc": meaning}, {"Colour": {"RED": meaning, "BLUE": meaning}}, {"paint": meaning}
    )
    assert unused(held, {"uscc", "Colour.RED"}) == ["Colour.BLUE", "colour", "paint"]


def test_meanings_are_chinese_and_english() -> None:
    values = [meaning for held in DICTIONARY.enumerations.values() for meaning in held.values()]
    meanings = [*DICTIONARY.fields.values(), *DICTIONARY.tags.values(), *values]
    assert len(meanings) > 500
    assert [one for one in meanings if not CHINESE.search(one.zh) or CHINESE.search(one.en)] == []


PROTOCOL = {"access_token", "FieldProblem.pointer"}
"""Meanings that name a form of RFC 6750 and RFC 9457, read by engineers alone."""


def test_meanings_hold_no_route_pattern_unit_of_the_wire_or_english_inside_chinese() -> None:
    meanings = {**DICTIONARY.fields, **DICTIONARY.tags}
    meanings |= {
        f"{name}.{value}": one for name, held in DICTIONARY.enumerations.items() for value, one in held.items()
    }
    found = {name for name, one in meanings.items() if faults(one.zh) or faults(one.en)}
    assert sorted(found) == sorted(PROTOCOL)


def test_the_joined_document_describes_every_property() -> None:
    document = described()["openapi/gateway.json"]
    schemas: dict[str, Any] = document["components"]["schemas"]
    bare = [
        f"{shape}.{name}"
        for shape, schema in schemas.items()
        for name, one in schema.get("properties", {}).items()
        if not one.get("description")
    ]
    assert bare == []
    assert all(tag["name"].isascii() and CHINESE.search(tag["description"]) for tag in document["tags"])


def test_a_field_without_a_meaning_and_an_unknown_value_would_be_found() -> None:
    document: dict[str, Any] = {
        "components": {
            "schemas": {
                "Loan": {"properties": {"amount_fen": {"type": "integer"}, "colour": {"type": "string"}}},
                "LoanStatus": {"enum": ["SIGNED", "LOST"]},
            }
        },
        "paths": {"/v1/loans": {"get": {"operationId": "list_loans", "parameters": [{"name": "on", "schema": {}}]}}},
        "tags": [{"name": "loans"}],
    }
    held = Dictionary(
        {"amount_fen": Meaning("金额", "amount"), "list_loans.on": Meaning("借款日", "day of the loan")},
        {"LoanStatus": {"SIGNED": Meaning("已签约", "signed")}},
    )
    found = describe(document, held)
    assert found.missing == {"Loan.colour", "LoanStatus.LOST", "loans"}
    assert found.used >= {"amount_fen", "list_loans.on", "LoanStatus.SIGNED"}
    assert document["components"]["schemas"]["Loan"]["properties"]["amount_fen"] == {
        "type": "integer",
        "format": "int64",
        "minimum": -(2**63),
        "maximum": 2**63 - 1,
        "description": "金额（单位：分） / amount, in fen",
    }


def test_a_meaning_told_twice_or_in_one_language_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[fields]\nuscc = ["代码", "code"]\n', "utf-8")
    assert Dictionary.read(tmp_path).of_field("uscc") == Meaning("代码", "code")
    (tmp_path / "b.toml").write_text('[fields]\nuscc = ["代码", "code"]\n', "utf-8")
    with pytest.raises(ValueError, match="tells again what uscc means"):
        Dictionary.read(tmp_path)
    (tmp_path / "b.toml").write_text('[fields]\nname = ["名称", ""]\n', "utf-8")
    with pytest.raises(ValueError, match="name is not told in Chinese and English"):
        Dictionary.read(tmp_path)
    with pytest.raises(tomllib.TOMLDecodeError):
        (tmp_path / "b.toml").write_text("[fields\n", "utf-8")
        Dictionary.read(tmp_path)


def test_units_are_told_by_the_end_of_a_name() -> None:
    assert with_unit("rate_ppm", Meaning("利率", "rate")) == Meaning("利率（百万分之一）", "rate, in parts per million")
    assert with_unit("name", Meaning("名称", "name")) == Meaning("名称", "name")
