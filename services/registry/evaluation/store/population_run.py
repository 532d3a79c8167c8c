"""Every SELECT of runs over all enterprises, and the statements that read and store a range of codes at once."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.registry.enterprise.models.enterprise import Enterprise
from services.registry.enterprise.store.scope import visible
from services.registry.evaluation.models.population_run import (
    PopulationFact,
    PopulationRange,
    PopulationResult,
    PopulationRuleSet,
)
from services.registry.evaluation.rules.population_decision import PopulationPolicy
from services.registry.evaluation.rules.population_fact import BETWEEN, FACTS, FirmFacts
from shared.db.bulk import copy_rows, fetch_rows
from shared.db.keyset import ascending, descending
from shared.db.selection import Selection
from shared.db.transaction import Transaction
from shared.kernel.sort import Sort

Rows = Sequence[Sequence[Any]]
"""Rows of `FACTS`, by code."""
_RESULT = ("run_id", "policy", "uscc", "verdict", "score_milli", "gates", "hits")
# One short statement for each range: one for the whole city would outlast the limit of a statement on a busy day.
_PART = text("""
SELECT min(uscc) AS first, max(uscc) AS last, count(*) AS firms
FROM (SELECT uscc FROM enterprise WHERE uscc > :behind ORDER BY uscc LIMIT :size) AS part
""")
_PLAN = text("""
INSERT INTO population_range (run_id, number, first_uscc, last_uscc) VALUES (:run_id, :number, :first, :last)
""")
# The row is locked until the range is committed: what a killed process held is free again at once.
_NEXT = text("""
SELECT number, first_uscc, last_uscc FROM population_range
WHERE run_id = :run_id AND finished_at IS NULL ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED
""")
_FINISH = text("""
UPDATE population_range SET firms = :firms, finished_at = :now WHERE run_id = :run_id AND number = :number
""")
# Read and frozen in one statement, so of one snapshot; what is returned is what is kept.
_FREEZE = f"""
WITH newest AS (
    SELECT DISTINCT ON (uscc) * FROM filing
    WHERE uscc BETWEEN $2 AND $3 AND status = 'ACCEPTED' AND year <= $4 ORDER BY uscc, year DESC
), marked AS (
    SELECT uscc, string_agg(
        concat_ws(' ', kind, to_char(opened_on, 'YYYY-MM-DD'), coalesce(to_char(cleared_on, 'YYYY-MM-DD'), '-')),
        '{BETWEEN}' ORDER BY opened_on, kind) AS marks
    FROM integrity_mark WHERE uscc BETWEEN $2 AND $3 GROUP BY uscc
), titled AS (
    SELECT uscc, string_agg(
        concat_ws(' ', kind, to_char(valid_from_on, 'YYYY-MM-DD'),
                  coalesce(to_char(valid_until_on, 'YYYY-MM-DD'), '-'),
                  coalesce(to_char(revoked_on, 'YYYY-MM-DD'), '-'),
                  coalesce(CAST(CASE WHEN kind = 'STANDARD_LEAD' THEN drafting_rank ELSE award_rank END AS text), '-')),
        '{BETWEEN}' ORDER BY kind, number) AS titles
    FROM qualification WHERE uscc BETWEEN $2 AND $3 GROUP BY uscc
)
INSERT INTO population_fact (run_id, {", ".join(FACTS)})
SELECT CAST($1 AS uuid), enterprise.uscc, enterprise.version, enterprise.status, enterprise.legal_form,
       enterprise.industry_barred, enterprise.industry_code, newest.year, newest.version,
       coalesce(newest.staff, 0), coalesce(newest.science_staff, 0), coalesce(newest.senior_title_staff, 0),
       coalesce(newest.revenue_fen, 0), coalesce(newest.cost_expense_fen, 0), coalesce(newest.assets_fen, 0),
       coalesce(newest.rd_expense_fen, 0), coalesce(newest.innovative_products, 0), portfolio.version,
       coalesce(portfolio.class_1_count, 0), coalesce(portfolio.class_2_count, 0),
       coalesce(marked.marks, ''), coalesce(titled.titles, '')
FROM enterprise
LEFT JOIN newest ON newest.uscc = enterprise.uscc
LEFT JOIN portfolio ON portfolio.uscc = enterprise.uscc AND portfolio.uscc BETWEEN $2 AND $3
LEFT JOIN marked ON marked.uscc = enterprise.uscc
LEFT JOIN titled ON titled.uscc = enterprise.uscc
WHERE enterprise.uscc BETWEEN $2 AND $3
ORDER BY enterprise.uscc
RETURNING {", ".join(FACTS)}
"""  # noqa: S608  # constant text


async def plan_ranges(tx: Transaction, run_id: UUID, *, size: int) -> int:
    """Divide all codes into ranges of `size` firms; return how many firms there are.

    A firm that is registered while the run goes on is in the range of its code; behind the last range it is in none.
    """
    planned, behind = 0, ""
    for number in count(1):
        part = (await tx.session.execute(_PART, {"behind": behind, "size": size})).one()
        if not part.firms:
            break
        behind = part.last
        await tx.session.execute(_PLAN, {"run_id": run_id, "number": number, "first": part.first, "last": behind})
        planned += part.firms
    return planned


async def is_planned(tx: Transaction, run_id: UUID) -> bool:
    """Tell whether the ranges of a run were laid out."""
    statement = select(func.count()).select_from(PopulationRange).where(col(PopulationRange.run_id) == run_id)
    return (await tx.session.execute(statement)).scalar_one() > 0


async def next_range(tx: Transaction, run_id: UUID) -> tuple[int, str, str] | None:
    """Lock the next range that nobody works on; None where there is none."""
    row = (await tx.session.execute(_NEXT, {"run_id": run_id})).one_or_none()
    return None if row is None else (row.number, row.first_uscc, row.last_uscc)


async def finish_range(tx: Transaction, run_id: UUID, number: int, *, firms: int) -> None:
    """Say that a range was decided, and of how many firms."""
    await tx.session.execute(_FINISH, {"run_id": run_id, "number": number, "firms": firms, "now": tx.now})


async def ranges_left(tx: Transaction, run_id: UUID) -> int:
    """Return how many ranges are not finished; those of other transactions count until they commit."""
    statement = select(func.count()).select_from(PopulationRange)
    statement = statement.where(col(PopulationRange.run_id) == run_id, col(PopulationRange.finished_at).is_(None))
    return (await tx.session.execute(statement)).scalar_one()


async def freeze_facts(tx: Transaction, run_id: UUID, *, first_uscc: str, last_uscc: str, last_year: int) -> Rows:
    """Freeze the facts of a range and return them: rows of `FACTS`, by code.

    Args:
        tx: the transaction of the range.
        run_id: of the run.
        first_uscc: first code of the range.
        last_uscc: last code of the range.
        last_year: no newer filing is looked at: the last year that has ended on the day of the run.
    """
    return await fetch_rows(tx, _FREEZE, run_id, first_uscc, last_uscc, last_year)


async def store_results(tx: Transaction, rows: Iterable[Sequence[Any]]) -> None:
    """Store results by COPY: run, policy, code, verdict, score, gates, hits."""
    await copy_rows(tx, "population_result", _RESULT, rows)


async def rule_sets_of(tx: Transaction, *run_ids: UUID) -> Sequence[PopulationRuleSet]:
    """Return the rule sets of some runs, by policy."""
    statement = select(PopulationRuleSet).where(col(PopulationRuleSet.run_id).in_(run_ids))
    return (await tx.session.execute(statement.order_by(col(PopulationRuleSet.policy)))).scalars().all()


async def facts_of(tx: Transaction, run_id: UUID, uscc: str) -> FirmFacts | None:
    """Return the frozen facts of one firm."""
    found = await tx.session.get(PopulationFact, (run_id, uscc))
    return None if found is None else FirmFacts(**{name: getattr(found, name) for name in FACTS})


async def result_of(tx: Transaction, run_id: UUID, policy: PopulationPolicy, uscc: str) -> PopulationResult | None:
    """Return what a rule set of a run said of one firm."""
    return await tx.session.get(PopulationResult, (run_id, policy, uscc))


def as_of(rule_sets: Sequence[PopulationRuleSet]) -> date:
    """Return the day of a run: that of each of its rule sets."""
    return rule_sets[0].as_of_on


def _runs(tx: Transaction) -> Select[PopulationRuleSet]:
    """Return one rule set of each run: the first by policy."""
    del tx  # who sees one run sees all
    other = aliased(PopulationRuleSet)
    before = select(col(other.run_id)).where(
        col(other.run_id) == col(PopulationRuleSet.run_id), col(other.policy) < col(PopulationRuleSet.policy)
    )
    return select(PopulationRuleSet).where(~before.exists())


RUNS = Selection(
    rows=_runs,
    sorts={Sort.NEWEST: descending(col(PopulationRuleSet.run_id))},
    days={"as_of": col(PopulationRuleSet.as_of_on)},
)
"""What runs may be narrowed by; the newest, whose id is the largest, stands first."""


def _visible_rows(tx: Transaction) -> Select[PopulationResult]:
    joined = select(PopulationResult).join(Enterprise, col(Enterprise.uscc) == col(PopulationResult.uscc))
    return joined.where(visible(tx.actor))


_KEY = ascending(col(PopulationResult.run_id), col(PopulationResult.policy), col(PopulationResult.uscc))
LIST = Selection(
    rows=_visible_rows,
    sorts={Sort.CODE: _KEY},
    same={
        "run_id": col(PopulationResult.run_id),
        "policy": col(PopulationResult.policy),
        "uscc": col(PopulationResult.uscc),
        "unit_id": col(Enterprise.unit_id),
    },
    among={"verdict": col(PopulationResult.verdict)},
    states="verdict",
    beside={"name": col(Enterprise.name)},
)
"""What results of runs may be narrowed by; their order is that of their key: run, policy, code."""
