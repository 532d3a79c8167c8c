"""Evaluating firms one by one: the tables alone, and with the whole explained trace."""

import time
from collections.abc import Callable
from typing import Any

from services.finance.evaluation.rules import kv_evaluation, kv_fact
from services.finance.evaluation.rules.kv_evaluation import TIERED
from shared.kernel.clock import SystemClock, shanghai_date
from shared.policy.book import RuleBook
from tests.bench.bench import Bench
from tests.bench.kv_firm import FOLDER, made_up
from tests.bench.table import Row
from tests.support.zen_oracle import context_of, evaluated

_SAMPLE = 200


async def measure(bench: Bench) -> None:
    """Add the rows per core."""
    today = shanghai_date(SystemClock().now())
    book = RuleBook.from_folder(FOLDER)
    scoring, uplift = book.pick(kv_evaluation.POLICY, today), book.pick(kv_evaluation.UPLIFT_POLICY, today)
    firms = [made_up(number, today) for number in range(_SAMPLE)]
    facts = [kv_fact.gather(firm, scoring, today) for firm in firms]
    values = [kv_fact.fact_values(one) for one in facts]
    contexts = [context_of(scoring, one) for one in values]
    floor, bare, traced = [], [], []
    for _ in range(bench.pace.runs):
        floor.append(_rate(bench, lambda at: evaluated(scoring, contexts[at])))
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
