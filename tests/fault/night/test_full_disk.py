"""G6: full disks of the database, the broker and the documents, each a small one of its own."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from deploy.embedded.backup_folder import backups_in
from deploy.embedded.state_folder import server_folder
from tests.fault.armed_suite import ArmedSuite
from tests.fault.mount import may_mount, small_disk
from tests.fault.night.operator import Operator, register, rows
from tests.support.journey import made_up_code
from tests.support.postgres import state_folder
from tests.support.suite import LaunchedSuite, wait_until

pytestmark = [
    pytest.mark.fault("G6"),
    pytest.mark.timeout(900),
    pytest.mark.skipif(not may_mount(), reason="this machine lets nobody make a disk of its own"),
]
_DISKS = {"servers/postgres": 640, "servers/nats": 64, "files": 640}
_CREATED, _AWAY = httpx.codes.CREATED, httpx.codes.SERVICE_UNAVAILABLE


@pytest.fixture(scope="module")
def cramped() -> Iterator[ArmedSuite]:
    """A suite whose database, broker and documents have small disks; backups lie beside the database."""
    with state_folder("cramped") as folder:
        backups = server_folder(folder / "state") / "postgres" / "backups"
        suite = ArmedSuite(folder / "state", KECHUANG_BACKUPS=str(backups))
        try:
            with ExitStack() as disks:
                for place, megabytes in _DISKS.items():
                    disks.enter_context(small_disk(suite.settings.home / place, megabytes=megabytes))
                try:
                    suite.start()
                    yield suite
                finally:
                    suite.closing.close()
        finally:
            suite.make("reset")


def fill(disk: Path, name: str, *, leave_megabytes: int = 0) -> Path:
    """Write a file until nothing more fits, or until so much is left."""
    filler = disk / name
    order = ["dd", "if=/dev/zero", f"of={filler}", "bs=4k"]
    if leave_megabytes:
        usage = subprocess.run(["df", "-m", "--output=avail", str(disk)], check=True, capture_output=True, text=True)
        order += [f"count={(int(usage.stdout.split()[-1]) - leave_megabytes) * 256}"]
    subprocess.run(order, check=False, stderr=subprocess.DEVNULL)
    return filler


@pytest.mark.night("Full disk", blocks=(0,), names=("database_full",))
def test_a_full_disk_of_the_database_refuses_changes_and_goes_on_once_an_old_backup_is_dropped(
    cramped: ArmedSuite, at_night: Callable[[LaunchedSuite], Operator]
) -> None:
    operator, disk = at_night(cramped), server_folder(cramped.settings.home) / "postgres"
    first = made_up_code("RQQM001")
    assert register(cramped, first).status_code == _CREATED
    for _ in range(2):
        made = cramped.make("backup")
        assert made.returncode == 0, made.stderr
    fillers: list[Path] = []

    def is_refused() -> bool:
        fillers.append(fill(disk, f"filler-{len(fillers)}"))
        return register(cramped, made_up_code(f"F{len(fillers):04}")).status_code == _AWAY

    wait_until(is_refused, 120, "the disk was never full")
    operator.sees("database_full", "registry")
    with cramped.client("city") as city:
        assert city.get(f"/v1/enterprises/{first}").status_code == httpx.codes.OK
    oldest = backups_in(cramped.settings.backups)[0].folder.name
    assert oldest in operator.types()
    assert f"Removed 已删除 {oldest}" in operator.types({"…": oldest})
    operator.sees_people_served()
    for filler in fillers:
        filler.unlink()


@pytest.mark.night("Full disk", names=("broker_unwritable",))
def test_a_full_disk_of_the_broker_lets_events_wait_until_there_is_room(
    cramped: ArmedSuite, at_night: Callable[[LaunchedSuite], Operator]
) -> None:
    operator, disk = at_night(cramped), server_folder(cramped.settings.home) / "nats"
    filler = fill(disk, "filler")
    told = made_up_code("BR0K001")
    serial = iter(range(1, 1_000))

    def is_told() -> bool:
        # Work goes on: the database takes the events that the broker does not.
        assert register(cramped, made_up_code(f"B{next(serial):04}")).status_code == _CREATED
        return bool(rows(cramped, "registry", "SELECT 1 FROM outbox_waiting OFFSET 20"))

    wait_until(is_told, 180, "the broker's disk was never full")
    assert register(cramped, told).status_code == _CREATED
    operator.sees("broker_unwritable", "registry")
    filler.unlink()
    operator.sees_people_served()
    assert rows(cramped, "finance", f"SELECT 1 FROM enterprise WHERE uscc = '{told}'")


@pytest.mark.night("Full disk", names=("disk_low",))
def test_little_room_for_documents_is_told_before_an_upload_fails(
    cramped: ArmedSuite, at_night: Callable[[LaunchedSuite], Operator]
) -> None:
    operator, disk = at_night(cramped), cramped.settings.home / "files"
    filler = fill(disk, "filler", leave_megabytes=100)
    for service in ("registry", "finance"):
        operator.sees("disk_low", service)
    filler.unlink()
    operator.sees_people_served()
