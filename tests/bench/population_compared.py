"""A sample of the results of a run, each decided again alone: by the rule for one firm, cell by cell, and by zen."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg

from services.registry.enterprise.rules import size_class as sizes
from services.registry.evaluation.rules import tech_sme_evaluation
from services.registry.evaluation.rules.population_decision import FILING_MISSING, PopulationPolicy
from services.registry.evaluation.rules.population_explanation import explain
from services.registry.evaluation.rules.population_fact import FACTS, FirmFacts, dossier_of
from services.registry.evaluation.rules.tech_sme_score import table_facts
from shared.policy.book import RuleBook
from shared.policy.rule_set import RuleSet
from tests.support.zen_oracle import by_zen

_EVERY = f"""
SELECT {", ".join(FACTS)} FROM (
    SELECT *, row_number() OVER (ORDER BY uscc) - 1 AS place FROM population_fact WHERE run_id = $1
) AS numbered WHERE place % $2 = 0 ORDER BY place
"""  # a constant list of columns
_RESULTS = """
SELECT policy, uscc, verdict, score_milli, gates, hits FROM population_result WHERE run_id = $1 AND uscc = ANY($2)
"""


async def compare(url: str, run_id: UUID, book: RuleBook, *, every: int) -> tuple[int, list[str]]:
    """Decide every n-th firm of a run again; return how many results were compared, and those that differ, in words."""
    connection = await asyncpg.connect(url)
    try:
        firms = {row["uscc"]: FirmFacts(**dict(row)) for row in await connection.fetch(_EVERY, run_id, every)}
        stored = await connection.fetch(_RESULTS, run_id, list(firms))
        held = await connection.fetch(
            "SELECT policy, sha256, as_of_on FROM population_rule_set WHERE run_id = $1", run_id
        )
    finally:
        await connection.close()
    differing = []
    for one in held:
        rule_set = book.by_sha256(one["sha256"])
        assert rule_set is not None
        for row in stored:
            if row["policy"] != one["policy"]:
                continue
            alone = explain(rule_set, firms[row["uscc"]], as_of=one["as_of_on"])
            said = {"the rule for one firm": (alone.verdict, alone.score_milli, alone.gates, alone.hits)}
            if row["verdict"] != FILING_MISSING:
                said |= _by_tables(rule_set, firms[row["uscc"]], row)
            told = (row["verdict"], row["score_milli"], row["gates"], row["hits"])
            differing += [
                f"{row['uscc']} {rule_set.policy}: {told}, {who} {it}" for who, it in said.items() if it != told
            ]
    return len(stored), differing


def _by_tables(rule_set: RuleSet, firm: FirmFacts, row: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    """Return the result with the rows that the cells, and zen, say are hit."""
    asked = _asked(rule_set, firm)
    if rule_set.graph is None or asked is None:
        return {}
    facts, nodes = asked
    tables = [table for table in rule_set.graph.tables if table.name in nodes]
    answer = by_zen(rule_set, facts)
    others = (row["verdict"], row["score_milli"], row["gates"])
    return {
        "the cells": (*others, " ".join(table.hit(facts).row_id for table in tables)),
        "zen": (*others, " ".join(answer[table.name]["row"] for table in tables)),
    }


def _asked(rule_set: RuleSet, firm: FirmFacts) -> tuple[dict[str, int | None], frozenset[str]] | None:
    """Return the facts that the tables of a policy compare, and which tables; None where it has none for this firm."""
    if rule_set.policy == PopulationPolicy.TECH_SME and rule_set.graph is not None:
        facts = table_facts(tech_sme_evaluation.inputs_of(tech_sme_evaluation.freeze(dossier_of(firm))))
        return facts, frozenset(table.name for table in rule_set.graph.tables)
    if rule_set.policy != PopulationPolicy.SIZE_CLASS or firm.industry_code is None:
        return None
    industry = sizes.industry_of(rule_set, firm.industry_code)
    if isinstance(industry, sizes.SizeBasis):
        return None
    figures: dict[str, int | None] = {
        "staff": firm.staff, "revenue_fen": firm.revenue_fen, "assets_fen": firm.assets_fen,
    }  # fmt: skip
    return figures, sizes.tables_of(rule_set, industry)
