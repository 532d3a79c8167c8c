"""The database's disk is full: what must write is told to come again, what reads is answered, nothing is lost."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from deploy.embedded.state_folder import server_folder
from shared.kernel.ids import new_id
from tests.fault.armed_suite import ArmedSuite
from tests.fault.mount import may_mount, small_disk
from tests.support import journey
from tests.support.postgres import state_folder
from tests.support.suite import wait_until

_MEGABYTES = 320
_MOST_WRITES = 400
_REFUSALS = 5
_REFILL = 10
CREATED, AWAY = httpx.codes.CREATED, httpx.codes.SERVICE_UNAVAILABLE


@contextmanager
def suite_on_a_small_disk() -> Iterator[tuple[ArmedSuite, Path]]:
    """Launch a suite whose PostgreSQL has a disk of its own."""
    with state_folder("fault-full") as folder:
        suite = ArmedSuite(folder / "state")
        try:
            with small_disk(server_folder(suite.settings.home) / "postgres", megabytes=_MEGABYTES) as disk:
                try:
                    suite.start()
                    yield suite, disk
                finally:
                    suite.closing.close()
        finally:
            suite.make("reset")


def fill(disk: Path, place: int) -> Path:
    """Write a file until nothing more fits."""
    filler = disk / f"filler-{place}"
    subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=4k"], check=False, stderr=subprocess.DEVNULL)
    return filler


def register(client: httpx.Client, uscc: str, key: str) -> httpx.Response:
    body = journey.registration(uscc, f"示例{uscc[-8:]}有限公司")
    return client.post("/v1/enterprises", json=body, headers={"Idempotency-Key": key})


@pytest.mark.fault("A9")
@pytest.mark.timeout(420)
@pytest.mark.skipif(not may_mount(), reason="this machine lets nobody make a disk of its own")
def test_a_full_disk_of_the_database_stops_writing_and_nothing_else(
    record_property: Callable[[str, object], None],
) -> None:
    with suite_on_a_small_disk() as (suite, disk), suite.client("city") as city:
        acts = [(journey.made_up_code(f"{number:05}"), str(new_id())) for number in range(_MOST_WRITES)]
        assert register(city, *acts[0]).status_code == CREATED
        fillers = [fill(disk, 0)]
        refused: list[tuple[str, str]] = []
        done = 1
        for place, act in enumerate(acts[1:], start=1):
            if place % _REFILL == 0:
                # The server gives some room back by itself, such as logs that it needs no more.
                fillers.append(fill(disk, place))
            answer = register(city, *act)
            assert answer.status_code in {CREATED, AWAY}, answer.text
            done += 1
            if answer.status_code == AWAY:
                assert answer.headers["retry-after"]
                assert answer.headers["content-type"].startswith("application/problem+json")
                # Who only reads notices nothing.
                assert city.get(f"/v1/enterprises/{acts[0][0]}").status_code == httpx.codes.OK
                refused.append(act)
            if len(refused) == _REFUSALS:
                break
        assert refused, "the disk was not full enough: the case proves nothing"
        for filler in fillers:
            filler.unlink()
        suite.wait_until_ready()

        def all_accepted() -> bool:
            answers = [register(city, *act) for act in refused]
            return all(answer.status_code == CREATED for answer in answers)

        wait_until(all_accepted, 60, "what was refused is not accepted once there is room")
        held = [city.get(f"/v1/enterprises/{uscc}").status_code for uscc, _ in acts[:done]]
        assert held == [httpx.codes.OK] * done
        record_property("noted", f"{len(refused)} of {done} writes were told to come again; each stands once")
