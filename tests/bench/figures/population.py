"""A run over all firms of a city, whole: read, frozen, decided and stored, then a sample of it decided again alone."""

import asyncio
import os
import sys
from uuid import UUID

import asyncpg
import orjson

from tests.bench.bench import Bench
from tests.bench.machine import load, processor_s
from tests.bench.population import BOOK, ask_for_run, fill_city, today
from tests.bench.population_compared import compare
from tests.bench.table import Goal, Row
from tests.support.postgres import REPOSITORY

_GOAL_FIRMS, _SETS, _PROCESSES, _COMPARED = 600_000, 3, 2, 10_000


async def measure(bench: Bench) -> None:
    """Add the time of a run in two processes, what it cost whom, and how many results differ from those of one firm."""
    postgres, _ = await bench.lab()
    postmaster = int((postgres.server.data / "postmaster.pid").read_text().split("\n", 1)[0])
    firms, runs, compared, differing = bench.pace.firms, [], 0, 0
    for _ in range(bench.pace.population_runs):
        url = await postgres.database_url("registry")
        await fill_city(postgres.administrator_url(url), firms, today())
        before = processor_s(postmaster)
        run_id, planned = await ask_for_run(url)
        spent = await _decided_by_all(url, str(run_id))
        spent["the clock"] += planned
        spent["processor time of PostgreSQL"] = processor_s(postmaster) - before
        runs.append({name: seconds * _GOAL_FIRMS / firms for name, seconds in spent.items()})
        bench.say(f"load of the machine {load()}; comparing")
        stored = await _stored(url, run_id)
        if stored != firms * _SETS:
            raise RuntimeError(f"the run stored {stored} of {firms * _SETS}")
        again, others = await compare(url, run_id, BOOK, every=max(1, firms // _COMPARED))
        for words in others[:_SETS]:
            bench.say(words)
        compared, differing = compared + again, differing + len(others)
        await postgres.drop(url)
    _add(bench, runs, firms)
    bench.add(
        Row(
            figure=f"the same: of {compared:,} results decided again by the rule for one firm, cell by cell and by "
            "zen, those that differ",
            unit="results",
            ours=(differing,),
            goal=Goal("value", "most", 0),
        )
    )


def _add(bench: Bench, runs: list[dict[str, float]], firms: int) -> None:
    scaled = "" if firms == _GOAL_FIRMS else f", scaled from {firms:,} firms"
    bench.add(
        Row(
            figure=f"{_GOAL_FIRMS:,} firms × {_SETS} rule sets read, frozen, decided and stored in {_PROCESSES} "
            f"processes{scaled}",
            unit="s",
            ours=tuple(one.pop("the clock") for one in runs),
            goal=Goal("value", "most", 30),
            disk="PostgreSQL with fsync, COPY, one commit per range",
        )
    )
    for name in runs[0]:
        bench.add(Row(figure=f"the same: {name}", unit="s", ours=tuple(one[name] for one in runs)))


async def _decided_by_all(url: str, run_id: str) -> dict[str, float]:
    """Let the processes take ranges until the run is closed; return the seconds by the clock, and what was spent.

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
    clock = max(one["closed"] for one in told) - min(one["began"] for one in told)
    spent = {"the clock": clock, "processor time of the processes": sum(one["processor"] for one in told)}
    for name in names:
        spent[f"{name}, by the clock of both together"] = sum(one["seconds"].get(name, 0.0) for one in told)
    return spent


async def _stored(url: str, run_id: UUID) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM population_result WHERE run_id = $1", run_id))
    finally:
        await connection.close()
