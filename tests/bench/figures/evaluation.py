"""Evaluating firms: the tables alone, with the whole explained trace, and a population read and stored."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.finance.evaluation.rules import kv_evaluation, kv_fact
from services.finance.evaluation.rules.kv_evaluation import TIERED
from shared.kernel.clock import SystemClock, shanghai_date
from shared.policy.book import RuleBook
from tests.bench.bench import Bench
from tests.bench.kv_firm import FOLDER, made_up
from tests.bench.population import ask_for_run, fill_city
from tests.bench.table import Goal, Row
from tests.support.postgres import REPOSITORY

_GOAL_FIRMS, _SETS, _PROCESSES = 600_000, 3, 2
_SAMPLE = 200


async def measure(bench: Bench) -> None:
    """Add the rows per core, then the population."""
    today = shanghai_date(SystemClock().now())
    book = RuleBook.from_folder(FOLDER)
    scoring, uplift = book.pick(kv_evaluation.POLICY, today), book.pick(kv_evaluation.UPLIFT_POLICY, today)
    firms = [made_up(number, today) for number in range(_SAMPLE)]
    facts = [kv_fact.gather(firm, scoring, today) for firm in firms]
    values = [kv_fact.fact_values(one) for one in facts]
    wanted = [table.name for table in scoring.graph.tables if table.name in TIERED] if scoring.graph else []
    assert scoring.graph is not None
    contexts = [scoring._context(scoring.graph, one, scoring.graph.facts_of(wanted)) for one in values]
    engine = scoring._engine
    floor, bare, traced = [], [], []
    for _ in range(bench.pace.runs):
        floor.append(_rate(bench, lambda at: engine.evaluate("graph", contexts[at])))  # type: ignore[union-attr]
        bare.append(_rate(bench, lambda at: scoring.evaluate(values[at], nodes=TIERED)))
        traced.append(
            _rate(
                bench,
                lambda at: kv_evaluation.evaluate(kv_fact.gather(firms[at], scoring, today), scoring, uplift, today),
            )
        )
    for name, rates in (
        ("evaluation of a firm (KVC), tables alone", bare),
        ("evaluation of a firm (KVC), facts gathered, explained, trace in canonical bytes", traced),
    ):
        bench.add(
            Row(
                figure=f"{name}, per core",
                unit="firms/s",
                ours=tuple(rates),
                floor=tuple(floor),
                floor_name="zen-engine, the same graph",
                disk="nothing stored",
            )
        )
    await _population(bench, today)


def _rate(bench: Bench, one: Callable[[int], Any]) -> float:
    """Return how often per second of one core."""
    done, at = 0, 0
    ends = time.perf_counter() + bench.pace.warm_s
    while time.perf_counter() < ends:
        one(at % _SAMPLE)
        at += 1
    began = time.process_time()
    ends = time.perf_counter() + bench.pace.window_s
    while time.perf_counter() < ends:
        one(done % _SAMPLE)
        done += 1
    return done / (time.process_time() - began)


async def _population(bench: Bench, today: date) -> None:
    """Read, freeze, decide and store a city's firms under three rule sets in two processes, as the job does."""
    postgres, _ = await bench.lab()
    firms = bench.pace.firms
    seconds, processor, parts = [], [], []
    for _ in range(bench.pace.population_runs):
        url = await postgres.database_url("registry")
        await fill_city(postgres.administrator_url(url), firms, today)
        run_id, planned = await ask_for_run(url)
        began, ended, told = await _decided_by_all(url, str(run_id))
        stored = await _stored(url, run_id)
        await postgres.drop(url)
        if stored != firms * _SETS:
            raise RuntimeError(f"the run stored {stored} of {firms * _SETS}")
        seconds.append((ended - began + planned) * _GOAL_FIRMS / firms)
        processor.append(told["processor"] * _GOAL_FIRMS / firms)
        parts.append({name: spent * _GOAL_FIRMS / firms for name, spent in told["seconds"].items()})
    scaled = "" if firms == _GOAL_FIRMS else f", scaled from {firms:,} firms"
    bench.add(
        Row(
            figure=f"{_GOAL_FIRMS:,} firms × {_SETS} rule sets read, frozen, decided and stored in {_PROCESSES} "
            f"processes{scaled}",
            unit="s",
            ours=tuple(seconds),
            goal=Goal("value", "most", 30),
            disk="PostgreSQL with fsync, COPY, one commit per range",
        )
    )
    spent = [("their processor time, without PostgreSQL's", processor)]
    spent += [(f"of it {name}, both processes together", [one[name] for one in parts]) for name in parts[0]]
    for name, found in spent:
        bench.add(Row(figure=f"the same: {name}", unit="s", ours=tuple(found)))


async def _decided_by_all(url: str, run_id: str) -> tuple[float, float, dict[str, Any]]:
    """Let the processes take ranges until the run is closed; return begin, end, and what they spent together.

    Their start-up is left out: each process says when it began to read.
    """
    children = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.population", url, run_id),
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((str(REPOSITORY), *sys.path))},
            cwd=REPOSITORY,
        )
        for _ in range(_PROCESSES)
    ]
    told = [orjson.loads((await child.communicate())[0]) for child in children]
    names = dict.fromkeys(name for one in told for name in one["seconds"])
    together = {
        "processor": sum(one["processor"] for one in told),
        "seconds": {name: sum(one["seconds"].get(name, 0.0) for one in told) for name in names},
    }
    return min(one["began"] for one in told), max(one["closed"] for one in told), together


async def _stored(url: str, run_id: UUID) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM population_result WHERE run_id = $1", run_id))
    finally:
        await connection.close()
