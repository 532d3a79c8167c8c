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

import pytest

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
def under_way(judge: Callable[[str], T], request: pytest.FixtureRequest) -> Iterator[dict[str, "Future[T]"]]:
    """Judge each bug that a selected test of the module names, as many at once as there are cores: mostly they wait."""
    selected = [
        item for item in request.session.items if item.parent is request.node and isinstance(item, pytest.Function)
    ]
    names = [item.callspec.params["name"] for item in selected if hasattr(item, "callspec")]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = {str(name): pool.submit(judge, str(name)) for name in names}
        try:
            yield found
        finally:
            for one in found.values():
                one.cancel()
