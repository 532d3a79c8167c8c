"""A suite as launched for the drills that leave it well, and the operator who must type all that a drill names."""

from collections.abc import Callable, Iterator

import pytest

from tests.fault.night.operator import Operator
from tests.fault.night.page import sections
from tests.support.suite import LaunchedSuite, launched_suite


@pytest.fixture(scope="module")
def night_suite() -> Iterator[LaunchedSuite]:
    """The suite as `make run` starts it, after its main job was told: one for each file, drills leave their marks."""
    with launched_suite("night", KECHUANG_HANG_SECONDS="10") as launched:
        launched.printed = launched.start()
        yield launched


@pytest.fixture
def at_night(request: pytest.FixtureRequest) -> Iterator[Callable[[LaunchedSuite], Operator]]:
    """Return who types the lines that the mark of the drill names; at its end all were typed and all names seen."""
    (mark,) = request.node.iter_markers("night")
    blocks = sections()[mark.args[0]]
    lines = [line for place in mark.kwargs.get("blocks", ()) for line in blocks[place]]
    operators: list[Operator] = []

    def begin(suite: LaunchedSuite) -> Operator:
        operators.append(Operator(suite, lines))
        return operators[0]

    failed_before = request.session.testsfailed
    yield begin
    if request.session.testsfailed > failed_before:
        return  # it says itself what was wrong
    (operator,) = operators
    assert operator.untyped == [], "these lines of the page were not typed"
    assert operator.seen == set(mark.kwargs.get("names", ())), "a trouble was not seen"
