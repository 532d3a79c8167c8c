"""One launched suite for all stories of this folder."""

from collections.abc import Iterator

import pytest

from tests.support.suite import LaunchedSuite, launched_suite


@pytest.fixture(scope="package")
def suite() -> Iterator[LaunchedSuite]:
    """The suite as `make run` starts it, with two finance processes; what it printed is `suite.printed`.

    It ends with the last story of this folder: beside all other tests it would idle at the cost of one of them.
    """
    with launched_suite("e2e", FINANCE_PROCESSES="2") as launched:
        launched.printed = launched.start()
        yield launched
