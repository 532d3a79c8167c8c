"""The worked example of a rule set, to be broken by tests one place at a time."""

import copy
import json
from typing import Any

from shared.policy.rule_set import RuleSet
from tests.support.source import ROOT

EXAMPLE = ROOT / "tests" / "unit" / "policy" / "example_score-2022.1.json"
_DOCUMENT: dict[str, Any] = json.loads(EXAMPLE.read_text(encoding="utf-8"))


def document() -> dict[str, Any]:
    """Return a copy of the example that may be changed."""
    return copy.deepcopy(_DOCUMENT)


def table(changed: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the content of one table of a document."""
    content: dict[str, Any] = next(node["content"] for node in changed["graph"]["nodes"] if node["name"] == name)
    return content


def rule_set(changed: dict[str, Any] | None = None) -> RuleSet:
    """Return the example, or a changed copy of it, read as a service reads its files."""
    content = json.dumps(_DOCUMENT if changed is None else changed, ensure_ascii=False).encode()
    return RuleSet.parse(content, name="example.json")
