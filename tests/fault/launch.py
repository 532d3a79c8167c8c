"""The suite's own supervisor, whose children arm their failpoints and plant the mutant before they become a service.

`python -m tests.fault.launch run` instead of `python -m deploy.embedded run`; the city is not told its story.
"""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace

from deploy.embedded import suite
from deploy.embedded.__main__ import main
from deploy.embedded.process import Program
from tests.fault.clock import go_by_the_wrong_clock
from tests.fault.failpoints import arm_from_environment
from tests.fault.mutants import plant_from_environment

LINES_SETTING = "FAULT_LINES"
"""Ports by which a process reaches others instead of their own: `{"finance": {"8032": 40001}}` as JSON."""


def _armed(name: str, work: Callable[[], None]) -> Callable[[], None]:
    def begin() -> None:
        arm_from_environment()
        go_by_the_wrong_clock(name)
        plant_from_environment()
        work()

    return begin


def _nothing() -> None:
    """Tell no story."""


def arm_all_children() -> None:
    """Replace how the suite describes its processes."""
    plain_program, plain_one_shot = suite.Suite.program, suite.Suite.one_shot

    def program(self: suite.Suite, name: str, number: int) -> Program:
        found = plain_program(self, name, number)
        assert found.work is not None
        return replace(found, work=_armed(name, found.work))

    def one_shot(self: suite.Suite, module: str) -> Program:
        return replace(plain_one_shot(self, module), work=_nothing)

    plain_environment, lines = suite.Suite.environment, json.loads(os.environ.get(LINES_SETTING, "{}"))

    def environment(self: suite.Suite, name: str) -> dict[str, str]:
        told = plain_environment(self, name)
        for port, line in lines.get(name, {}).items():
            near, far = f"127.0.0.1:{port}", f"127.0.0.1:{line}"
            told |= {
                key: value.replace(near, far)
                for key, value in told.items()
                if key.startswith(f"{name.upper()}_") and near in value
            }
        return told

    suite.Suite.environment = environment  # type: ignore[method-assign]
    suite.Suite.program = program  # type: ignore[method-assign]
    suite.Suite.one_shot = one_shot  # type: ignore[method-assign]


if __name__ == "__main__":
    plant_from_environment()
    arm_all_children()
    sys.exit(main(sys.argv[1:]))
