"""Policy is dated data: every number has its source, article and confidence, and none hides in the rules."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.source import SERVICES, files_below, name_of, room_files, text_of, tree_of

HEADER = {"policy", "version", "title_zh", "title_en", "effective_from", "effective_to", "source_doc", "source_no"}
PARAMETER = {"value", "unit", "confidence", "source", "article", "label_zh", "label_en"}
INDICATOR = {
    "id",
    "node",
    "input",
    "unit",
    "label_zh",
    "label_en",
    "max_points_milli",
    "confidence",
    "source",
    "article",
}
# Unit scales and positions, not policy: fen per yuan, parts per million, thousandths, months of a year.
NO_POLICY = {0, 1, 2, 3, 4, 6, 8, 9, 10, 12, 13, 16, 18, 100, 1_000, 10_000, 1_000_000}


def policy_files() -> list[Path]:
    """Return every rule set that is shipped."""
    return [path for service in SERVICES for path in files_below(f"services/{service}/policies", "*.json")]


def gaps(document: dict[str, Any]) -> list[str]:
    """Return what a rule set does not say about itself."""
    found = [
        f"header lacks {name}" for name in sorted(HEADER | {"articles", "status"}) if name not in document["header"]
    ]
    for name, parameter in document.get("parameters", {}).items():
        found += [f"parameter {name} lacks {missing}" for missing in sorted(PARAMETER - set(parameter))]
        found += trust_gaps(f"parameter {name}", parameter)
    for indicator in document.get("indicators", []):
        name = indicator.get("id", "?")
        found += [f"indicator {name} lacks {missing}" for missing in sorted(INDICATOR - set(indicator))]
        found += trust_gaps(f"indicator {name}", indicator)
    return found


def trust_gaps(what: str, entry: dict[str, Any]) -> list[str]:
    """Return what is missing to judge how far a number can be trusted."""
    found = [] if entry.get("confidence") in {"official", "assumed"} else [f"{what} has no confidence"]
    if not str(entry.get("source") or "").strip():
        found.append(f"{what} names no source")
    if any(isinstance(value, float) for value in entry.values()):
        found.append(f"{what} holds a float")
    return found


def thresholds(tree: ast.Module) -> list[str]:
    """Return numbers and dates inside the functions of a rule that look like policy."""
    found = set()
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        slices = [part for node in ast.walk(function) if isinstance(node, ast.Slice) for part in ast.walk(node)]
        for node in ast.walk(function):
            if node in slices:
                continue
            if isinstance(node, ast.Constant) and type(node.value) is int and node.value not in NO_POLICY:
                found.add(f"line {node.lineno}: {node.value}")
    return sorted(found)


@pytest.mark.planted
def test_a_rule_set_that_hides_its_source_would_be_found() -> None:
    header = dict.fromkeys(HEADER | {"articles", "status"}, "x")
    entry = dict.fromkeys(PARAMETER, "x") | {"confidence": "assumed"}
    assert gaps({"header": header, "parameters": {"cap": entry}}) == []
    assert gaps({"header": header, "parameters": {"cap": entry | {"source": " "}}}) == ["parameter cap names no source"]
    assert gaps({"header": header, "parameters": {"cap": entry | {"confidence": "sure"}}})
    assert gaps({"header": header, "parameters": {"cap": entry | {"value": 0.5}}})
    assert gaps({"header": {}, "parameters": {}})


@pytest.mark.planted
def test_a_threshold_in_a_rule_would_be_found() -> None:
    assert thresholds(ast.parse("def ok(n):\n    return n >= 500_000_000")) == ["line 2: 500000000"]
    assert thresholds(ast.parse("def ok(n):\n    return n * 100")) == []
    assert thresholds(ast.parse("def ok(text):\n    return text[:60]")) == []


@pytest.mark.parametrize("path", policy_files(), ids=name_of)
def test_every_number_of_a_rule_set_has_source_article_and_confidence(path: Path) -> None:
    found = gaps(json.loads(text_of(path)))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", policy_files(), ids=name_of)
def test_a_rule_set_file_is_named_by_policy_and_version(path: Path) -> None:
    header = json.loads(text_of(path))["header"]
    assert path.stem == f"{header['policy']}-{header['version']}"


def test_every_service_has_rule_sets() -> None:
    assert {path.parts[-3] for path in policy_files()} == set(SERVICES)


def test_no_threshold_of_a_policy_stands_in_the_rules() -> None:
    found = [
        f"{name_of(path)} {problem}" for path in room_files("rules", *SERVICES) for problem in thresholds(tree_of(path))
    ]
    assert not found, "\n".join(found)
