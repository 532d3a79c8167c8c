"""The walk through the source finds a refusal in whichever way it is reached, and owns up to what it cannot see."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI

from shared.kernel.actor import Actor, Role, left_to
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.refusals import CONFLICT, NOT_FOUND
from tests.support.way.walk import Walk

# What follows is walked, never called: one way of raising each.


@dataclass(frozen=True)
class _Holder:
    check: Callable[[], None]

    def refuse(self) -> None:
        raise Refusal(NOT_FOUND, noun="x")

    @property
    def value(self) -> int:
        raise Refusal(NOT_FOUND, noun="x")


class _Keeps:
    def __init__(self, holder: _Holder) -> None:
        self._holder = holder

    def go(self) -> None:
        self._holder.refuse()


def _conflict() -> None:
    raise Refusal(CONFLICT)


_TABLE = {"one": _conflict}
_HELD = _Holder(_conflict)


def _by_method(one: _Holder) -> None:
    one.refuse()


def _by_property(one: _Holder) -> int:
    return one.value


def _by_kept(one: _Keeps) -> None:
    one.go()


def _by_role(actor: Actor) -> None:
    actor.party_as(Role.BANK)


def _by_table(key: str) -> None:
    _TABLE[key]()


def _by_partial() -> Callable[[], None]:
    return functools.partial(_conflict)


def _by_instance() -> None:
    _HELD.check()


def _by_loop(all_: list[_Holder]) -> None:
    for one in sorted(all_, key=id):
        one.refuse()


def _by_comprehension(all_: Mapping[str, list[_Holder]]) -> list[int]:
    return [one.value for held in all_.values() for one in held]


def _by_returned() -> None:
    raise left_to(Role.CITY)


def _refused(code: RefusalCode) -> Refusal:
    return Refusal(code)


def _by_handed_code() -> None:
    raise _refused(CONFLICT)


def _by_hidden_handed_code(one: Any) -> None:  # hidden on purpose
    raise _refused(one.code)


def _by_inner() -> Callable[[], None]:
    def inner() -> None:
        _conflict()

    return inner


def _caught() -> None:
    try:
        _conflict()
    except Refusal:
        return


def _caught_and_raised() -> None:
    try:
        _conflict()
    except Refusal as refusal:
        raise refusal from None


def _by_hidden(one: Any) -> None:  # hidden on purpose
    one.refuse()


def _by_hidden_code(code: Any) -> None:  # hidden on purpose
    raise Refusal(code.code)


PLANTED = {
    _by_method: {"not_found"},
    _by_property: {"not_found"},
    _by_kept: {"not_found"},
    _by_role: {"forbidden_role"},
    _by_table: {"conflict"},
    _by_partial: {"conflict"},
    _by_instance: {"conflict"},
    _by_loop: {"not_found"},
    _by_comprehension: {"not_found"},
    _by_returned: {"forbidden_role"},
    _by_handed_code: {"conflict"},
    _by_inner: {"conflict"},
    _caught: set(),
    _caught_and_raised: {"conflict"},
}


@pytest.mark.planted
@pytest.mark.parametrize("function", PLANTED, ids=lambda one: one.__name__.strip("_"))
def test_a_refusal_is_found_however_it_is_reached(function: Any) -> None:
    steps = Walk(FastAPI()).way([(function, None)])
    assert {one.code.code for step in steps for one in step.raised} == PLANTED[function]


@pytest.mark.planted
@pytest.mark.parametrize(
    ("function", "text"),
    [(_by_hidden, "one.refuse"), (_by_hidden_code, "code.code"), (_by_hidden_handed_code, "one.code")],
)
def test_a_call_whose_goal_is_not_told_is_no_way_to_slip_through(function: Any, text: str) -> None:
    step, *_ = Walk(FastAPI()).way([(function, None)])
    assert text in {one.text for one in step.unresolved}
