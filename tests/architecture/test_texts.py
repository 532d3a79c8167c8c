"""Texts for people: no route, field, pattern or unit of the wire, no English inside Chinese, one use of full stops."""

import ast
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from tests.support.source import dotted, files_below, name_of, python_files, text_of, tree_of

CHINESE = re.compile(r"[\u4e00-\u9fff]")
PROPER_NAMES = re.compile(r"[0-9A-Z]{18}|\b(?:XLSX|LibreOffice|Excel|Word|Kechuang|JSON|HTML)\b")
"""What keeps its own letters in a Chinese text: forms of files and names of products."""
FOR_ENGINEERS = ("hint_zh", "hint_en", "description", "summary", "title", "help")
"""Arguments that engineers read: hints, and the description of the interface."""
WIRE = (
    (re.compile(r"/v\d/|\b(?:GET|POST|PUT|PATCH|DELETE) /"), "a route"),
    (re.compile(r"\^\[|\\d|\[0-9"), "a pattern"),
    (re.compile(r"\bfen\b|\bppm\b|parts per million|分为单位|百万分"), "a unit of the wire"),
    (re.compile(r"\b(?:application|audio|font|image|multipart|text|video)/[\w*]"), "a media type"),
    (re.compile(r"\{(?:media_type|known|reason_codes)\}"), "a word of the wire in braces: it belongs to the hint"),
    (re.compile(r"\{\w+_(?:fen|ppm)\}\s?(?:分|fen\b|ppm|元|%)"), "a unit that the value brings itself"),
)
ENGLISH = re.compile(r"[A-Za-z]{4,}|[a-z]+_[a-z]+|\b(?:null|true|false)\b")
BOTH = re.compile(r"[^A-Za-z]*[\u4e00-\u9fff][^A-Za-z]*? (?:/ )?[ -~…]+")
"""A text in both languages, Chinese first: headings of files and of the interface."""
REFUSAL_FIELDS = ("code", "status", "title_zh", "title_en", "way_out_zh", "way_out_en")


def plain(text: str) -> str:
    """Return a text without its placeholders and without names that keep their letters."""
    return PROPER_NAMES.sub("", re.sub(r"\{\w+\}", "", text))


def faults(text: str) -> list[str]:
    """Return what is wrong with one text for people."""
    found = [fault for form, fault in WIRE if form.search(text)]
    first = next((mark for mark in plain(text) if mark.isalpha()), "")
    if CHINESE.match(first) and ENGLISH.search(plain(text)) and not BOTH.fullmatch(plain(text).strip()):
        found.append("English inside Chinese")
    return found


def _skipped(tree: ast.Module) -> set[int]:
    """Return the constants that people do not read: docstrings, and what engineers read."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found.add(id(node.value))
        if isinstance(node, ast.Call) and dotted(node.func) == "re.compile":
            found |= {id(part) for part in ast.walk(node)}
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg in FOR_ENGINEERS:
                    found |= {id(part) for part in ast.walk(keyword.value)}
    return found


def chinese_in(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and text of every Chinese sentence that a module may say to people."""
    skipped = _skipped(tree)
    for node in ast.walk(tree):
        said = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped
        if said and CHINESE.search(node.value):
            yield node.lineno, node.value


def english_of_refusals(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and text of the English titles and ways out of refusals and findings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "RefusalCode":
            told = dict(zip(REFUSAL_FIELDS, node.args, strict=False))
            told |= {keyword.arg or "": keyword.value for keyword in node.keywords}
            for name in ("title_en", "way_out_en"):
                part = told.get(name)
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.lineno, part.value


FINDING_FIELDS = ("code", "gravity", "text_zh", "text_en", "way_out_zh", "way_out_en")
SAID = {"RefusalCode": (*REFUSAL_FIELDS, "hint_zh", "hint_en"), "FindingKind": FINDING_FIELDS}
"""What is made of texts in both languages, and its arguments in their order."""
HEADINGS = ("title_zh", "title_en", "text_zh", "text_en")
SENTENCES = ("way_out_zh", "way_out_en", "hint_zh", "hint_en")
STOPS = ("。", ".")


def without_its_stop(call: ast.Call) -> Iterator[tuple[int, str]]:
    """Yield line and text of the titles of a refusal or finding that end with a full stop, of sentences without one."""
    told = dict(zip(SAID[dotted(call.func)], call.args, strict=False))
    told |= {keyword.arg or "": keyword.value for keyword in call.keywords}
    for name in (*HEADINGS, *SENTENCES):
        part = told.get(name)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value:
            wanted = STOPS[name.endswith("_en")]
            if part.value.endswith(STOPS) if name in HEADINGS else not part.value.endswith(wanted):
                yield part.lineno, part.value


def said_in_both(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Yield line, Chinese and English of every text that a module says in both languages, side by side."""
    for node in ast.walk(tree):
        listed = node.elts if isinstance(node, ast.Tuple | ast.List) else getattr(node, "args", [])
        parts = list(listed) if isinstance(listed, list) else []
        if isinstance(node, ast.Call):
            named = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
            for name, value in named.items():
                if name.endswith("_zh") and (english := named.get(name.removesuffix("_zh") + "_en")):
                    parts += [value, english]
        for one, other in pairwise(parts):
            chinese, english_text = _said(one), _said(other)
            if CHINESE.search(chinese) and english_text and not CHINESE.search(english_text):
                yield one.lineno, chinese, english_text


def _said(part: ast.AST) -> str:
    """Return the text of a constant or of an f-string, whose values stand as `{}`; empty for all else."""
    if isinstance(part, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in part.values)
    return part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else ""


def stopped_unlike(chinese: str, english: str) -> bool:
    """Tell whether one language ends with a full stop and the other does not, or one stop is of the other language."""
    return chinese.endswith("。") != english.endswith(".") or re.search(r"[\u4e00-\u9fff]\.$", chinese) is not None


SPEAKING = ("gateway", "services", "shared")
MADE_UP = ("examples.py", "/example.py")
INTERFACE = ("edge_docs.py", "openapi.py", "asyncapi.py", "documents.py", "kernel/errors.py", "/app.py", "dictionary/")
OPERATORS = ("/command", "shared/bus/", "shared/db/", "operations.py")
PATTERNS = ("right/rules/right_kind.py", "kernel/office_date.py")
SILENT = ("migrations", *PATTERNS, *MADE_UP, *INTERFACE, *OPERATORS)
"""Files of patterns, of made-up values, of what engineers read, and of what operators read at a terminal."""


def test_texts_for_people_hold_no_route_pattern_field_or_unit_of_the_wire() -> None:
    found, read = [], 0
    for path in python_files(*SPEAKING):
        if any(part in name_of(path) for part in SILENT):
            continue
        for line, text in (*chinese_in(tree_of(path)), *english_of_refusals(tree_of(path))):
            read += 1
            found += [f"{name_of(path)}:{line} {fault}: {text}" for fault in faults(text)]
    assert read > 700
    assert found == []


def test_sentences_end_with_the_full_stop_of_their_language_and_titles_with_none() -> None:
    found, refusals, pairs = [], 0, 0
    for path in python_files(*SPEAKING):
        if "migrations" in name_of(path):
            continue
        tree = tree_of(path)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and dotted(node.func) in SAID:
                refusals += 1
                found += [f"{name_of(path)}:{line} {text}" for line, text in without_its_stop(node)]
        for line, chinese, english in said_in_both(tree):
            pairs += 1
            if stopped_unlike(chinese, english):
                found.append(f"{name_of(path)}:{line} {chinese} | {english}")
    assert (refusals > 150, pairs > 700) == (True, True)
    assert found == []


@pytest.mark.planted
def test_a_missing_and_a_foreign_full_stop_would_be_found() -> None:
    planted = ast.parse(
        'A = RefusalCode("a", 409, "不行。", "No", "请重试", "Retry", hint_zh="等待.", hint_en="Wait.")'
    )
    call = next(node for node in ast.walk(planted) if isinstance(node, ast.Call))
    assert [text for _, text in without_its_stop(call)] == ["不行。", "请重试", "Retry", "等待."]
    assert list(said_in_both(ast.parse('A = ("甲", "a.")'))) == [(1, "甲", "a.")]
    assert list(said_in_both(ast.parse('A = f(b_zh=f"甲{x}", b_en="a")'))) == [(1, "甲{}", "a")]
    assert [stopped_unlike(*pair) for pair in (("甲", "a."), ("甲.", "a."), ("甲。", "a."), ("甲", "a"))] == [
        True,
        True,
        False,
        False,
    ]


def sentences(value: Any, key: str = "") -> Iterator[str]:
    """Yield every text of a rule set that people read: labels, reasons, notes, gates and ways out."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from sentences(part, name)
    elif isinstance(value, list):
        for part in value:
            yield from sentences(part, key)
    elif isinstance(value, str) and key.endswith(("_zh", "_en")):
        yield value


def test_labels_reasons_and_gates_of_rule_sets_hold_none_of_it_either() -> None:
    read = 0
    found = []
    for path in files_below("services", "policies/*.json"):
        for text in sentences(json.loads(text_of(path))):
            read += 1
            found += [f"{name_of(path)} {fault}: {text}" for fault in faults(text)]
            if text.endswith(STOPS):  # labels, titles and notes stand in tables, where no text has one
                found.append(f"{name_of(path)} ends with a full stop: {text}")
    assert read > 200
    assert found == []


@pytest.mark.planted
def test_each_kind_of_fault_would_be_found() -> None:
    assert faults("请从名单中选择（GET /v1/banks）。") == ["a route", "English inside Chinese"]
    assert faults("格式应符合 ^[0-9A-Z]{18}$") == ["a pattern"]
    assert faults("请填写以分为单位的正整数。") == ["a unit of the wire"]
    assert faults("剩余 {available_fen} 分") == ["a unit that the value brings itself"]
    assert faults("请使用 application/json。") == ["a media type", "English inside Chinese"]
    assert faults("不接受 {media_type} 类型的文件") == ["a word of the wire in braces: it belongs to the hint"]
    assert faults("请更正 reason_code。") == ["English inside Chinese"]
    assert faults("Give a whole number of fen.") == ["a unit of the wire"]
    assert faults("请上传 XLSX 或 CSV；剩余 {available_fen}") == []
    planted = 'A = RefusalCode("a", 409, "超过 fen", "x", "请用 PATCH 修改", "fen", hint_zh="字段 amount_fen")'
    assert [text for _, text in chinese_in(ast.parse(planted))] == ["超过 fen", "请用 PATCH 修改"]
    assert [text for _, text in english_of_refusals(ast.parse(planted))] == ["x", "fen"]
