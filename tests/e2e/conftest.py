"""One launched suite for all stories of this folder."""

from collections.abc import Iterator

import pytest

from tests.support.suite import LaunchedSuite, launched_suite


@pytest.fixture(scope="session")
def suite() -> Iterator[LaunchedSuite]:
    """The suite as `make run` starts it, with two finance processes; what it printed is `suite.printed`."""
    with launched_suite("e2e", FINANCE_PROCESSES="2") as launched:
        launched.printed = launched.start()
        yield launched
