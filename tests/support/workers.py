"""How workers share a test run: file by file, each with servers of its own, one of them with the launched suites."""

import os

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

LAUNCHED = "tests/e2e"


def worker_count() -> int:
    """Return how many workers a whole run gets: one more than processors, for most tests wait for a server."""
    return len(os.sched_getaffinity(0)) + 1


def unit_of_work(nodeid: str) -> str:
    """Return what one worker gets as a whole: a file; or all stories of launched suites, so that one runs at a time."""
    file = nodeid.partition("::")[0]
    return LAUNCHED if file.startswith(f"{LAUNCHED}/") else file


class FileByFile(LoadScopeScheduling):
    """Hands out units in the order of `testpaths`, the longest first, so that no worker ends alone."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        """Keep the order of the collection; xdist would begin with the file of most tests."""
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return unit_of_work(nodeid)
