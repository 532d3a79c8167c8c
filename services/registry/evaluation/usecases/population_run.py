"""Runs over all enterprises: asked for, worked through range by range, ended, explained firm by firm."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import repeat
from uuid import UUID

from services.registry.evaluation.models.population_run import PopulationResult, PopulationRuleSet
from services.registry.evaluation.rules import population_run as rules
from services.registry.evaluation.rules.population_clearing import cleared
from services.registry.evaluation.rules.population_decision import Decide, Decided, PopulationPolicy
from services.registry.evaluation.rules.population_explanation import Explained, explain
from services.registry.evaluation.rules.population_fact import FirmColumns
from services.registry.evaluation.store import population_clearing as clearings
from services.registry.evaluation.store import population_run as store
from shared.db import rule_set as published
from shared.db.keyset import Page, PageWanted
from shared.db.operation import (
    Operation,
    advance,
    cancel_operation,
    find_operation,
    find_operations,
    progress,
    start_operation,
)
from shared.db.selection import Chosen
from shared.db.transaction import Transaction
from shared.kernel.clock import shanghai_date
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND
from shared.policy.book import RULE_SET_NOT_IN_FORCE, RuleBook
from shared.policy.rule_set import RuleSet

NOUN = "population_run"


class RunCancelled(Exception):  # noqa: N818  # an order, not an error
    """The run was cancelled while a range was worked through: the range is undone."""


@dataclass(frozen=True, slots=True)
class Deciding:
    """What a process needs to work through the ranges of a run."""

    run_id: UUID
    as_of: date
    deciders: Mapping[PopulationPolicy, Decide]


async def start_run(
    tx: Transaction, run_id: UUID, *, policies: Sequence[PopulationPolicy], book: RuleBook
) -> Operation:
    """Ask for a run of the rule sets of today over all enterprises.

    Raises:
        Refusal: `forbidden_role`, `rule_set_not_in_force`, `rule_set_not_in_columns`.
    """
    rules.check_runner(tx.actor.role)
    held = [book.pick(policy, tx.today) for policy in rules.policies_of(policies)]
    for rule_set in held:
        rules.decider_of(rule_set)
        tx.session.add(
            PopulationRuleSet(
                run_id=run_id,
                policy=PopulationPolicy(rule_set.policy),
                as_of_on=tx.today,
                version=rule_set.version,
                sha256=rule_set.sha256,
            )
        )
    operation = await start_operation(tx, operation_id=run_id, kind=rules.OPERATION, file_sha256=None)
    tx.audit(
        "population_run.start",
        subject=f"population_run/{run_id}",
        detail={rule_set.policy: rule_set.version for rule_set in held},
    )
    return operation


async def prepare(tx: Transaction, operation: Operation, book: RuleBook) -> Deciding:
    """Lay out the ranges of a claimed run, once, and return what its ranges are decided by.

    Raises:
        RunCancelled: the run has ended.
        Refusal: `rule_set_not_in_force` if a rule set of the run was never published here; `rule_set_not_in_columns`.
    """
    if await advance(tx, operation.id, rows=0) is None:  # locked: two processes do not lay the ranges out twice
        raise RunCancelled
    held = await store.rule_sets_of(tx, operation.id)
    deciders = {one.policy: rules.decider_of(await _rule_set(tx, one, book)) for one in held}
    if not await store.is_planned(tx, operation.id):
        firms = await store.plan_ranges(tx, operation.id, size=rules.RANGE_FIRMS)
        await progress(tx, operation.id, done=0, total=firms)
    return Deciding(operation.id, store.as_of(held), deciders)


async def decide_range(tx: Transaction, run: Deciding) -> bool:
    """Freeze, decide and store the next range that nobody works on; tell whether there was one.

    Raises:
        RunCancelled: the run ended meanwhile; nothing of the range may stay.
    """
    found = await store.next_range(tx, run.run_id)
    if found is None:
        return False
    number, first, last = found
    rows = await store.freeze_facts(tx, run.run_id, first_uscc=first, last_uscc=last, last_year=run.as_of.year - 1)
    usccs, decided = await asyncio.to_thread(_decided, run, rows)
    for policy, said in decided.items():
        told = zip(repeat(run.run_id), repeat(policy), usccs, *said.columns(), strict=False)
        await store.store_results(tx, told)
    await store.finish_range(tx, run.run_id, number, firms=len(rows))
    locked = await advance(tx, run.run_id, rows=len(rows))
    if locked is None:
        raise RunCancelled
    await progress(tx, run.run_id, done=locked.done, result={"verdicts": rules.counted(verdicts_of(locked), decided)})
    return True


def _decided(run: Deciding, rows: store.Rows) -> tuple[list[str], dict[PopulationPolicy, Decided]]:
    firms = FirmColumns.of(rows)
    return list(firms.usccs), {policy: decide(firms, run.as_of) for policy, decide in run.deciders.items()}


async def finish(tx: Transaction, run: Deciding) -> bool:
    """Close a run whose ranges are all decided; tell whether it is closed."""
    locked = await advance(tx, run.run_id, rows=0)
    if locked is None:
        return True
    if await store.ranges_left(tx, run.run_id):
        return False
    await progress(tx, run.run_id, done=locked.done, total=locked.done, state="DONE")
    tx.audit("population_run.finish", subject=f"population_run/{run.run_id}", detail={"firms": locked.done})
    return True


async def fail(tx: Transaction, operation: Operation, code: str) -> None:
    """Close a run that cannot go on, unless another process closed it; the ranges that were stored stay."""
    locked = await advance(tx, operation.id, rows=0)
    if locked is None:
        return
    await progress(tx, operation.id, done=locked.done, state="FAILED", error=code)
    tx.audit("population_run.fail", subject=f"population_run/{operation.id}", detail={"reason": code})


def verdicts_of(operation: Operation) -> dict[str, dict[str, int]]:
    """Return how many firms have each verdict so far, by policy."""
    return dict((operation.result or {}).get("verdicts", {}))


async def read_run(tx: Transaction, run_id: UUID) -> Operation:
    """Return a run.

    Raises:
        Refusal: `forbidden_role`, `not_found`.
    """
    rules.check_reader(tx.actor.role)
    found = await find_operation(tx, run_id, rules.OPERATION)
    if found is None:
        raise Refusal(NOT_FOUND, noun=NOUN)
    return found


async def list_runs(
    tx: Transaction, chosen: Chosen, wanted: PageWanted
) -> tuple[list[tuple[Operation, Sequence[PopulationRuleSet]]], Page[PopulationRuleSet]]:
    """Return one page of runs, each with its rule sets, the newest first, and the page they stand on.

    Raises:
        Refusal: `forbidden_role`, `cursor_invalid`.
    """
    rules.check_reader(tx.actor.role)
    found = await store.RUNS.page(tx, chosen, wanted)
    ids = [row.run_id for row in found.rows]
    operations = await find_operations(tx, ids, rules.OPERATION)
    held = await store.rule_sets_of(tx, *ids)
    return [(operations[one], [rule_set for rule_set in held if rule_set.run_id == one]) for one in ids], found


async def check_standing(tx: Transaction, run_id: UUID) -> None:
    """Refuse the rows of a run that was cleared. Asked behind the read: rows that are gone were said to go before.

    Raises:
        Refusal: `population_run_cleared`.
    """
    begun = (await clearings.begun_at(tx, [run_id])).get(run_id)
    if begun is not None:
        raise cleared(shanghai_date(begun))


async def cancel_run(tx: Transaction, run_id: UUID) -> Operation:
    """End a run behind its last range; what was stored stays.

    Raises:
        Refusal: `forbidden_role`, `not_found`, `population_run_ended`.
    """
    await read_run(tx, run_id)
    rules.check_runner(tx.actor.role)
    ended = await cancel_operation(tx, run_id)
    if ended is None:
        raise Refusal(rules.RUN_ENDED)
    tx.audit("population_run.cancel", subject=f"population_run/{run_id}", detail={"done": ended.done})
    return ended


@dataclass(frozen=True, slots=True)
class Explanation:
    """One result of a run with its explanation, and whether the rule for one firm says the same."""

    result: PopulationResult
    rule_set: PopulationRuleSet
    explained: Explained
    same: bool


async def explain_result(
    tx: Transaction, run_id: UUID, *, policy: PopulationPolicy, uscc: str, book: RuleBook
) -> Explanation:
    """Decide one firm of a run again, alone and in full, from the facts that the run froze.

    Raises:
        Refusal: `forbidden_role`, `not_found`, `population_run_cleared`, `rule_set_not_in_force` if its rule set was
            never published here.
    """
    await read_run(tx, run_id)
    result = await store.result_of(tx, run_id, policy, uscc)
    facts = await store.facts_of(tx, run_id, uscc)
    held = next((one for one in await store.rule_sets_of(tx, run_id) if one.policy == policy), None)
    await check_standing(tx, run_id)
    if result is None or facts is None or held is None:
        raise Refusal(NOT_FOUND, noun=NOUN)
    alone = explain(await _rule_set(tx, held, book), facts, as_of=held.as_of_on)
    told = (result.verdict, result.score_milli, result.gates, result.hits)
    return Explanation(result, held, alone, told == (alone.verdict, alone.score_milli, alone.gates, alone.hits))


async def _rule_set(tx: Transaction, held: PopulationRuleSet, book: RuleBook) -> RuleSet:
    found = book.by_sha256(held.sha256) or await published.load(tx, held.sha256)
    if found is None:
        raise Refusal(RULE_SET_NOT_IN_FORCE, policy=held.policy, on=held.as_of_on)
    return found
