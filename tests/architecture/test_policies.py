"""Policy is dated data: every number has its source, article and confidence, and none hides in the rules."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from shared.policy.primary_source import is_primary
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
    for cell in document.get("cells", []):
        found += trust_gaps(f"cells {cell.get('table')}.{cell.get('column')}", cell)
    return found


def cells_without_source(document: dict[str, Any]) -> list[str]:
    """Return the columns of numbers that neither an indicator nor a source of cells explains."""
    scored = {one["node"] for one in document["indicators"]}
    told = {(one["table"], one["column"]) for one in document.get("cells", [])}
    found = []
    for node in (document["graph"] or {"nodes": []})["nodes"]:
        if node["type"] != "decisionTableNode" or node["name"] in scored:
            continue
        name, content = str(node["name"]), node["content"]
        columns = [one["field"] for one in content["inputs"]]
        columns += [one["field"].removeprefix(f"{name}.") for one in content["outputs"]]
        found += [f"{name}.{column}" for column in columns if column != "row" and (name, column) not in told]
    return found


def superseded() -> set[str]:
    """Return the stems of the files that a later version corrects: they stay as they were published."""
    headers = [json.loads(text_of(path))["header"] for path in policy_files()]
    return {f"{one['policy']}-{one['supersedes']}" for one in headers if one.get("supersedes")}


def trust_gaps(what: str, entry: dict[str, Any]) -> list[str]:
    """Return what is missing to judge how far a number can be trusted."""
    found = [] if entry.get("confidence") in {"official", "reported", "assumed"} else [f"{what} has no confidence"]
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


@pytest.mark.planted
def test_a_column_of_numbers_without_a_source_would_be_found() -> None:
    table = {
        "name": "grade",
        "type": "decisionTableNode",
        "content": {"inputs": [{"field": "score"}], "outputs": [{"field": "grade.row"}, {"field": "grade.limit"}]},
    }
    document = {"indicators": [], "graph": {"nodes": [table]}, "cells": [{"table": "grade", "column": "score"}]}
    assert cells_without_source(document) == ["grade.limit"]


@pytest.mark.parametrize("path", policy_files(), ids=name_of)
def test_every_number_of_a_table_has_a_source_too(path: Path) -> None:
    if path.stem not in superseded():
        assert cells_without_source(json.loads(text_of(path))) == []


def test_what_others_restate_is_not_called_official() -> None:
    documents = {path.stem: json.loads(text_of(path)) for path in policy_files()}
    cover = documents["fund_cover-2022.2"]["parameters"]
    assert {cover[name]["confidence"] for name in ("cover_share_ppm", "city_share_ppm")} == {"reported"}
    limits = [one for one in documents["kvc_evaluation-2022.3"]["cells"] if one["column"] == "limit_fen"]
    assert [one["confidence"] for one in limits] == ["reported"]


def official_without_primary(document: dict[str, Any]) -> list[str]:
    """Return the sources that are called official and name no address at a primary publisher."""
    entries = [*document.get("parameters", {}).values(), *document.get("indicators", []), *document.get("cells", [])]
    return [str(one["source"]) for one in entries if one["confidence"] == "official" and not is_primary(one["source"])]


@pytest.mark.planted
def test_an_official_number_from_a_mirror_would_be_found() -> None:
    def told(confidence: str, source: str) -> dict[str, Any]:
        return {"parameters": {"cap": {"confidence": confidence, "source": source}}}

    mirror, fake = "http://wzzgcs.com/page26", "https://gov.cn.example.com/a 转载自 www.gov.cn"
    assert official_without_primary(told("official", mirror)) == [mirror]
    assert official_without_primary(told("official", fake)) == [fake]
    assert official_without_primary(told("official", "科技型中小企业评价办法")) == ["科技型中小企业评价办法"]
    assert official_without_primary(told("reported", mirror)) == []
    assert official_without_primary(told("official", "通知，https://www.gov.cn/zhengce/a.htm。")) == []


@pytest.mark.parametrize("path", policy_files(), ids=name_of)
def test_an_official_number_names_the_publisher_s_own_page(path: Path) -> None:
    if path.stem not in superseded():
        assert official_without_primary(json.loads(text_of(path))) == []


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
