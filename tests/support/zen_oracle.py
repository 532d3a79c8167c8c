"""The foreign oracle of rule sets: zen, an engine of the format that their files are written in (JDM).

What a service runs is our own reading of the cells; zen says the same of the same file, or a test fails.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import zen

from shared.policy.cell import Scalar
from shared.policy.rule_set import RuleSet

_KEY = "graph"
Facts = Mapping[str, Scalar | None]


def engine_of(graph: Mapping[str, Any]) -> zen.ZenEngine:
    """Return zen with one graph."""
    return zen.ZenEngine({"loader": {"type": "static", "content": {_KEY: dict(graph)}}})


@lru_cache(maxsize=64)
def _engine(content: bytes) -> zen.ZenEngine:
    return engine_of(json.loads(content)["graph"])


def context_of(rule_set: RuleSet, facts: Facts) -> dict[str, Any]:
    """Return what zen is given: every fact of the tables, null where unknown, and the parameters."""
    assert rule_set.graph is not None
    context: dict[str, Any] = {name: facts.get(name) for name in rule_set.graph.facts}
    if rule_set.graph.uses_parameters:
        context["p"] = {
            name: one.value for name, one in rule_set.parameters.items() if isinstance(one.value, int | str)
        }
    return context


def evaluated(rule_set: RuleSet, context: Mapping[str, Any]) -> dict[str, dict[str, Scalar]]:
    """Return `table → outputs` as zen says."""
    answer: dict[str, dict[str, Scalar]] = _engine(rule_set.content).evaluate(_KEY, dict(context))["result"]
    return answer


def by_zen(rule_set: RuleSet, facts: Facts) -> dict[str, dict[str, Scalar]]:
    """Return `table → outputs` of these facts as zen says."""
    return evaluated(rule_set, context_of(rule_set, facts))
