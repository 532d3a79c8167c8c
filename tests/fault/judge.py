"""Running cases with a deliberate bug planted, and what became of each case."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from tests.fault.mutants import SETTING
from tests.support.postgres import REPOSITORY

_ROW = re.compile(r"^([A-Z]+\d+|simulation)\s+(holds|BROKEN|left out)\b", re.MULTILINE)
_SECONDS = 900
T = TypeVar("T")


@dataclass(frozen=True)
class Judgement:
    """What a run with a bug found.

    Attributes:
        tried: the cases that were tried.
        broken: those of them of which a test failed.
        printed: by the run, to its end.
    """

    tried: frozenset[str]
    broken: frozenset[str]
    printed: str


def judgement(mutant: str, arguments: Iterable[str], **settings: str) -> Judgement:
    """Run pytest with a bug planted in it and in every process that it launches."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        check=False,
        cwd=REPOSITORY,
        env={**os.environ, SETTING: mutant, **settings},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )
    rows = _ROW.findall(run.stdout)
    broken = {case for case, verdict in rows if verdict == "BROKEN"}
    return Judgement(frozenset(case for case, _ in rows), frozenset(broken), run.stdout + run.stderr)


@contextmanager
def all_under_way(judge: Callable[[str], T], mutants: Iterable[str]) -> Iterator[dict[str, "Future[T]"]]:
    """Judge every bug, as many at once as there are cores: most of their time they wait."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = {name: pool.submit(judge, name) for name in mutants}
        try:
            yield found
        finally:
            for one in found.values():
                one.cancel()
