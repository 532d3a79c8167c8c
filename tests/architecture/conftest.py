"""Each test of this folder says how many files it read; one that read none proves nothing and fails."""

from collections.abc import Generator

import pytest

from tests.support import source

_PROPERTY = "files_read"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Count from here: what a fixture reads for its test counts too."""
    source.READ.clear()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that read nothing, unless it tries its check on words of its own."""
    result = yield
    if item.get_closest_marker("planted") is None:
        if not source.READ:
            pytest.fail("this test read no file: it would be green whatever stands in the tree", pytrace=False)
        item.user_properties.append((_PROPERTY, len(source.READ)))
    return result


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many files the tests read, and name those that read fewest."""
    counts = {
        report.nodeid: value
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == _PROPERTY
    }
    if counts:
        fewest = min(counts.values())
        terminalreporter.write_line(
            f"architecture: {len(counts)} tests read {fewest} to {max(counts.values())} files each; "
            f"{sum(count == fewest for count in counts.values())} read {fewest}"
        )
