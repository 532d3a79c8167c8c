"""G6: troubles that a supervisor would end too soon to be seen: a wrong clock, a broker away, a stream that is gone."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import nats
import pytest

from shared.events.permission import PROVISIONER
from tests.fault.armed_suite import ArmedSuite, armed_suite
from tests.fault.clock import SETTING
from tests.fault.night.operator import Operator, register, rows
from tests.support.journey import made_up_code
from tests.support.suite import LaunchedSuite

pytestmark = [pytest.mark.fault("G6"), pytest.mark.timeout(900)]
_HOUR = 3_600


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArmedSuite]:
    """A suite whose processes may stand still for ever, and whose clocks can be set wrong."""
    folder = tmp_path_factory.mktemp("clocks")
    with armed_suite("patient", KECHUANG_HANG_SECONDS="0", **{SETTING: str(folder)}) as suite:
        yield suite


def status(suite: LaunchedSuite, client: httpx.Client) -> int:
    """Return how a read of finance is answered, with a token that the gateway gives now."""
    client.headers["authorization"] = f"Bearer {suite.token('bank-a')}"
    return client.get("/v1/loans").status_code


@pytest.mark.night("Wrong clock", names=("clock_differs",))
@pytest.mark.parametrize("ahead", [_HOUR, -_HOUR], ids=["fast", "slow"])
def test_a_wrong_clock_is_named_and_once_it_is_right_people_are_served_though_nothing_was_started_again(
    patient: ArmedSuite, at_night: Callable[[LaunchedSuite], Operator], ahead: int
) -> None:
    operator, clock = at_night(patient), Path(patient.environment[SETTING]) / "finance"
    with httpx.Client(base_url=patient.gateway_url, timeout=30, trust_env=False) as bank:
        assert status(patient, bank) == httpx.codes.OK
        pids = patient.pids()
        clock.write_text(str(ahead))
        operator.sees("clock_differs", "finance")
        assert status(patient, bank) == httpx.codes.UNAUTHORIZED
        clock.unlink()
        operator.sees_no_longer("clock_differs", "finance")
        assert status(patient, bank) == httpx.codes.OK
        assert patient.pids() == pids
    operator.sees_people_served()


@pytest.mark.night("Named troubles", names=("broker_away", "events_delayed"))
def test_a_broker_that_does_not_answer_lets_events_wait_and_none_is_lost(
    patient: ArmedSuite, at_night: Callable[[LaunchedSuite], Operator]
) -> None:
    operator, pid = at_night(patient), patient.pids()["nats"]
    uscc = made_up_code("WA1T001")
    os.killpg(pid, signal.SIGSTOP)
    try:
        assert register(patient, uscc).status_code == httpx.codes.CREATED
        operator.sees("broker_away", "registry")
        operator.sees("events_delayed", "registry")
        assert rows(patient, "finance", f"SELECT 1 FROM enterprise WHERE uscc = '{uscc}'") == []
    finally:
        os.killpg(pid, signal.SIGCONT)
    for name in ("broker_away", "events_delayed"):
        operator.sees_no_longer(name, "registry")
    operator.sees_people_served()
    assert rows(patient, "finance", f"SELECT 1 FROM enterprise WHERE uscc = '{uscc}'")


@pytest.mark.night("Named troubles", names=("bus_unprovisioned",))
def test_a_stream_that_is_gone_while_nobody_makes_one_is_made_by_the_printed_command(
    patient: ArmedSuite, at_night: Callable[[LaunchedSuite], Operator]
) -> None:
    operator, pid = at_night(patient), patient.pids()["provisioner"]
    os.killpg(pid, signal.SIGSTOP)
    try:
        asyncio.run(delete_stream(patient, "TECHTRANSFER"))
        patient.kill("techtransfer")
        operator.sees("bus_unprovisioned", "techtransfer")
        made = patient.make("kechuang", "ARGS=bus provision")
        assert made.returncode == 0, made.stderr
        operator.sees_no_longer("bus_unprovisioned", "techtransfer")
    finally:
        os.killpg(pid, signal.SIGCONT)
    operator.sees_people_served()


async def delete_stream(suite: LaunchedSuite, name: str) -> None:
    """Delete a stream as the provisioner might."""
    password = (suite.settings.secrets / f"nats-{PROVISIONER}").read_text()
    address = f"nats://{PROVISIONER}:{password}@127.0.0.1:{suite.ports['nats']}"
    client = await nats.connect(address, inbox_prefix=f"_INBOX_{PROVISIONER}".encode())
    try:
        await client.jetstream().delete_stream(name)
    finally:
        await client.close()
