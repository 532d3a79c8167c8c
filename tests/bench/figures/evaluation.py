"""Evaluating firms: the tables alone, with the whole explained trace, and a population read and stored."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import orjson

from services.finance.evaluation.rules import kv_evaluation, kv_fact
from services.finance.evaluation.rules.kv_evaluation import TIERED
from shared.kernel.clock import SystemClock, shanghai_date
from shared.policy.book import RuleBook
from tests.bench.bench import Bench
from tests.bench.population import FOLDER, fill_firms, made_up
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
    """Read, evaluate under three rule sets and store a sample in two processes; scale it to the whole population."""
    postgres, _ = await bench.lab()
    url = await postgres.database_url("finance")
    firms = bench.pace.firms
    await fill_firms(url, firms, today)
    seconds, stored = [], []
    for _ in range(bench.pace.runs):
        took, rows = await _parts(url, firms)
        seconds.append(took * _GOAL_FIRMS / firms)
        stored.append(rows)
    await postgres.drop(url)
    if set(stored) != {firms * _SETS}:
        raise RuntimeError(f"the population pass stored {stored} of {firms * _SETS}")
    bench.add(
        Row(
            figure=f"{_GOAL_FIRMS:,} firms × {_SETS} rule sets read and stored in {_PROCESSES} processes, scaled from "
            f"a sample of {firms:,} firms",
            unit="s",
            ours=tuple(seconds),
            goal=Goal("value", "most", 60),
            disk="PostgreSQL with fsync, COPY, one commit per 1,000 firms",
        )
    )


async def _parts(url: str, firms: int) -> tuple[float, int]:
    """Let the processes work through their parts; return the seconds from the first start to the last end, and rows.

    Their start-up is left out: each process says when it began to read.
    """
    share = -(-firms // _PROCESSES)
    children = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.population", url, str(number * share), str(share)),
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            cwd=REPOSITORY,
        )
        for number in range(_PROCESSES)
    ]
    told = [orjson.loads((await child.communicate())[0]) for child in children]
    return max(one["ended"] for one in told) - min(one["began"] for one in told), sum(one["rows"] for one in told)
