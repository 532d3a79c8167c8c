"""Each bug that only a kill shows trips the case it is named for, and no case that it cannot touch."""

import os
import re
import subprocess
import sys

import pytest

from tests.fault.mutants import MUTANTS, SETTING
from tests.fault.mutants.suite import AREA
from tests.support.postgres import REPOSITORY

pytestmark = [pytest.mark.timeout(600), pytest.mark.fault("M1")]
_TEST = "tests/fault/test_kill.py::test_what_clients_were_told_holds_after_a_kill_at_this_instant[{}-seed1]"
_QUIET = "tests/fault/test_kill.py::test_a_run_in_which_nobody_is_killed_leaves_nothing_to_find"
# One instant of each case; the bug must show at its first seed.
_TRIED = {
    "A1": "registry-at-registry.after_commit_before_publish",
    "A2": "finance-at-finance.after_publish_before_mark",
    "A3": "finance-at-finance.after_effect_before_ack",
    "A4": "finance-at-finance.before_request_commit",
    "A5": "postgres-at-finance.before_request_commit",
    "A10": "nats-at-finance.after_commit_before_publish",
}
# Cases that the bug cannot touch. The others a bug may break by chance: a kill can meet its instant too.
_UNTOUCHED = {"lost_line_is_a_crash": ("A1", "A2", "A3", "A4", "A10")}
_ROW = re.compile(r"^([AK]\d+) +(BROKEN|holds)", re.MULTILINE)


@pytest.mark.parametrize("name", [mutant.name for mutant in AREA])
def test_this_bug_trips_its_case_and_none_that_it_cannot_touch(name: str) -> None:
    named, untouched = MUTANTS[name].breaks, _UNTOUCHED[name]
    # What a bug broke stays broken in that suite, so its own case comes last.
    order = [_QUIET, *(_TEST.format(_TRIED[case]) for case in (*untouched, *named))]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *order],
        check=False,
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ, SETTING: name, "FAULT_SETTLE_SECONDS": "9"},
    )
    expected = {**dict.fromkeys(("K0", *untouched), "holds"), **dict.fromkeys(named, "BROKEN")}
    assert dict(_ROW.findall(done.stdout)) == expected, done.stdout + done.stderr
