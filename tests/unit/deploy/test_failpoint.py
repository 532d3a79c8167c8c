"""Failpoints: silent as shipped, armed by nobody in the product."""

from collections.abc import Iterator

import pytest

from shared import failpoint
from tests.support.source import name_of, python_files


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    failpoint.arm(None)


def test_an_instant_that_nobody_armed_does_nothing() -> None:
    failpoint.reached("finance", "before_commit")
    assert failpoint._hook is None


def test_an_armed_hook_hears_the_instant_by_its_full_name() -> None:
    heard: list[str] = []
    failpoint.arm(heard.append)
    failpoint.reached("finance", "before_commit")
    failpoint.arm(None)
    failpoint.reached("finance", "before_commit")
    assert heard == ["finance.before_commit"]


def test_nothing_in_the_product_arms_a_hook_or_reads_a_setting_for_it() -> None:
    told = [
        name_of(path)
        for path in python_files("deploy", "gateway", "services", "shared")
        if path.name != "failpoint.py"
        and ("failpoint import arm" in (text := path.read_text(encoding="utf-8")) or "FAILPOINT" in text)
    ]
    assert told == []
