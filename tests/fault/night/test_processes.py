"""G6: a process, a database, a broker and a provisioner that stand still, as the page tells of them."""

import os
import signal
from collections.abc import Callable

import httpx
import pytest

from tests.fault.night.operator import Operator
from tests.support.suite import LaunchedSuite, wait_until

pytestmark = [pytest.mark.fault("G6"), pytest.mark.timeout(900)]
_SERVERS = ("postgres", "nats", "provisioner")


def stand_still(suite: LaunchedSuite, name: str) -> int:
    """Stop a process with all it holds; return its id."""
    pid = suite.pids()[name]
    os.killpg(pid, signal.SIGSTOP)
    return pid


@pytest.mark.night("Hung process", names=("service_away",))
def test_a_hung_process_is_seen_in_the_log_ended_and_people_are_served_again(
    night_suite: LaunchedSuite, at_night: Callable[[LaunchedSuite], Operator]
) -> None:
    suite, operator = night_suite, at_night(night_suite)
    with suite.client("bank-a") as bank:
        assert bank.get("/v1/loans").status_code == httpx.codes.OK
        pid = stand_still(suite, "finance")
        operator.sees("service_away", "gateway")
        answer = bank.get("/v1/loans")
        assert answer.status_code in {httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.GATEWAY_TIMEOUT}
        assert answer.json()["retryable"] is True
        operator.sees_in_the_log("finance answers nothing", f"(process {pid})", "进程无响应，正在终止")
        wait_until(lambda: suite.pids().get("finance", pid) != pid, 60, "finance was not started again")
        operator.sees_people_served()
        assert bank.get("/v1/loans").status_code == httpx.codes.OK


@pytest.mark.night("Hung process")
@pytest.mark.parametrize("server", _SERVERS)
def test_a_hung_server_of_the_suite_is_seen_in_the_log_ended_and_people_are_served_again(
    night_suite: LaunchedSuite, at_night: Callable[[LaunchedSuite], Operator], server: str
) -> None:
    suite, operator = night_suite, at_night(night_suite)
    pid = stand_still(suite, server)
    operator.sees_in_the_log(f"{server} answers nothing", f"(process {pid})", "进程无响应，正在终止")
    wait_until(lambda: suite.pids().get(server, pid) != pid, 60, f"{server} was not started again")
    operator.sees_people_served()
