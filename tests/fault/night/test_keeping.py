"""G6: backup, verification and restoration, typed out of the page; a log that is not archived."""

import os
import re
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from deploy.demo.firm import CITY_FIRMS
from deploy.embedded.backup import asked
from deploy.embedded.backup_folder import backups_in
from deploy.embedded.clients import BANK_A
from deploy.embedded.state_folder import server_folder
from deploy.embedded.suite import Suite
from tests.fault.night.operator import Operator, change, is_registered, names, rows
from tests.support import journey
from tests.support.journey import demo_body, eventually, made_up_code
from tests.support.suite import LaunchedSuite, wait_until

pytestmark = [pytest.mark.fault("G6"), pytest.mark.timeout(1_200)]
AT = "2026-11-29T09:30:00+08:00"


def instant(suite: LaunchedSuite) -> str:
    """Return the present instant of the databases, in the form of the page."""
    (row,) = rows(suite, "registry", "SELECT clock_timestamp() AT TIME ZONE 'Asia/Shanghai' AS now")
    now: datetime = row["now"]
    return f"{now.isoformat()}+08:00"


def stands(suite: LaunchedSuite, uscc: str) -> bool:
    """Tell whether a firm is registered."""
    return demo_body(suite, "city").call("GET", f"/v1/enterprises/{uscc}").status_code == httpx.codes.OK


def registered(suite: LaunchedSuite, tail: str) -> str:
    """Register a firm and return its code."""
    uscc = made_up_code(tail)
    wait_until(lambda: is_registered(suite, uscc), 60, f"{uscc} is not registered")
    return uscc


@pytest.mark.night("Backup", blocks=(0,))
def test_a_backup_is_made_while_all_runs_and_goes_on_with_the_log_alone(
    night_suite: LaunchedSuite, at_night: Callable[[LaunchedSuite], Operator]
) -> None:
    suite, operator = night_suite, at_night(night_suite)
    before = backups_in(suite.settings.backups)
    made = operator.types()
    (backup,) = [one for one in backups_in(suite.settings.backups) if one not in before]
    assert str(backup.folder) in made
    registered(suite, "LATER01")
    assert re.search(r"^[1-9]\d* pieces of the log copied", operator.types(), re.MULTILINE)
    assert len(backups_in(suite.settings.backups)) == len(before) + 1
    listed = operator.types()
    assert backup.folder.name in listed
    assert "Any instant can be reached from 可恢复到其后任意时间" in listed
    assert {path.stat().st_mode & 0o077 for path in suite.settings.backups.rglob("*")} == {0}
    operator.sees_people_served()


@pytest.mark.night("Verify", blocks=(0,))
def test_what_an_administrator_changed_behind_the_back_of_all_is_named_and_a_kept_head_agrees(
    night_suite: LaunchedSuite, at_night: Callable[[LaunchedSuite], Operator]
) -> None:
    suite, operator = night_suite, at_night(night_suite)
    loan = "UPDATE loan SET drawn_fen = drawn_fen {} 1 WHERE id = (SELECT id FROM loan ORDER BY 1 LIMIT 1)"
    (row,) = rows(suite, "finance", "SELECT case_no FROM loan ORDER BY id LIMIT 1")
    change(suite, "finance", loan.format("-"))
    line, operator.untyped = operator.untyped[0], [operator.untyped[0], *operator.untyped]
    wrong = operator.types(code=2)
    assert "do not" in wrong
    assert row["case_no"] in wrong
    change(suite, "finance", loan.format("+"))
    assert operator.untyped[0] == line
    whole = operator.types()
    assert "全部相符 everything agrees" in whole
    (head,) = re.findall(r"head (finance:\d+:[0-9a-f]+)", whole)
    assert "全部相符 everything agrees" in operator.types({"finance:123:ab12…": head})


@pytest.mark.night("Restore", blocks=(0,))
def test_all_databases_come_back_to_the_end_of_what_was_kept_after_the_disk_of_the_data_was_lost(
    night_suite: LaunchedSuite, at_night: Callable[[LaunchedSuite], Operator]
) -> None:
    suite, operator = night_suite, at_night(night_suite)
    assert suite.make("backup").returncode == 0
    kept = registered(suite, "KEPT001")
    assert suite.make("backup", "LOG=1").returncode == 0
    operator.types()
    shutil.rmtree(server_folder(suite.settings.home) / "postgres" / "data" / "base")
    assert "Restored" in operator.types()
    operator.types()
    assert "全部相符 everything agrees" in operator.types()
    assert stands(suite, kept)
    operator.sees_people_served()


@pytest.mark.night("Restore", blocks=(1,))
def test_all_databases_come_back_as_they_were_at_an_instant_that_the_operator_chose(
    night_suite: LaunchedSuite, at_night: Callable[[LaunchedSuite], Operator]
) -> None:
    suite, operator = night_suite, at_night(night_suite)
    assert suite.make("backup").returncode == 0
    before = registered(suite, "EARLY01")
    at = instant(suite)
    mistake = registered(suite, "WRQNG01")
    operator.types()
    operator.types({AT: at})
    operator.types()
    assert "全部相符 everything agrees" in operator.types()
    assert (stands(suite, before), stands(suite, mistake)) == (True, False)
    operator.types()
    operator.sees_people_served()


@pytest.mark.night("Restore", blocks=(2, 3), names=("history_regressed",))
def test_one_service_comes_back_alone_and_a_case_that_others_hold_is_named_and_ended(
    night_suite: LaunchedSuite, at_night: Callable[[LaunchedSuite], Operator]
) -> None:
    suite, operator = night_suite, at_night(night_suite)
    assert suite.make("backup").returncode == 0
    at, lost = instant(suite), applied(suite)
    operator.types()
    operator.types({AT: at})
    operator.types()
    operator.sees("history_regressed", "finance")
    assert lost["id"] in operator.types()
    assert "finance: open again 已恢复办理" in operator.types()
    assert [lost["case_no"] in line for line in operator.types().splitlines() if lost["id"] in line] == [True]
    assert "loan_application" in operator.untyped[0]
    ended = operator.types({"0198…": lost["id"]})
    assert lost["case_no"] in ended
    assert "ipr" in ended
    held = f"SELECT status FROM loan_application WHERE id = '{lost['id']}'"
    assert rows(suite, "finance", held) == []
    listed = suite.make("kechuang", "ARGS=lost-case list finance").stdout
    assert lost["id"] not in listed
    operator.sees_people_served()


def applied(suite: LaunchedSuite) -> dict[str, str]:
    """Let a firm whose line is not used up apply for a little money; return the application, which ipr heard of."""
    firm = demo_body(suite, "enterprise-2")
    body = {"uscc": CITY_FIRMS[0].uscc}
    told = eventually(
        lambda: firm.call("POST", "/v1/kvc-evaluations", body), lambda answer: answer.status_code == httpx.codes.CREATED
    )
    body = journey.application(BANK_A, told.json(), 1_000_000)
    found: dict[str, str] = firm.post("/v1/loan-applications", body)
    eventually(lambda: rows(suite, "finance", "SELECT 1 FROM outbox_waiting"), lambda waiting: waiting == [])
    return found


@pytest.mark.night("Restore", blocks=(4,))
def test_another_machine_takes_over_with_the_folder_of_backups_alone(
    night_suite: LaunchedSuite, at_night: Callable[[LaunchedSuite], Operator], tmp_path: Path
) -> None:
    firm = registered(night_suite, "CARRY01")
    assert night_suite.make("backup").returncode == 0
    tmp_path.chmod(0o755)
    tmp_path.parent.chmod(0o755)
    other = LaunchedSuite(tmp_path / "new machine")
    operator = at_night(other)
    try:
        operator.types({"/…/backups": f"'{night_suite.settings.backups}'"})
        other.start()
        assert stands(other, firm)
        verified = other.make("verify")
        assert verified.returncode == 0, verified.stdout + verified.stderr
        operator.sees_people_served()
    finally:
        other.closing.close()
        other.make("reset")


def _closed(archive: Path) -> Callable[[], None]:
    """Close the archive to its server; return what opens it again."""
    owner, mode = archive.stat(), archive.stat().st_mode
    archive.chmod(0o500)
    if os.geteuid() == 0:
        os.chown(archive, 0, 0)

    def opened() -> None:
        os.chown(archive, owner.st_uid, owner.st_gid)
        archive.chmod(mode)

    return opened


def _taken_away(archive: Path) -> Callable[[], None]:
    """Lose the archive; a new backup begins a new one."""
    archive.rename(archive.with_name("archive.lost"))
    return lambda: None


@pytest.mark.night("Named troubles", names=("archive_stands",))
@pytest.mark.parametrize(("trouble", "mended_by"), [(_closed, ("backup", "LOG=1")), (_taken_away, ("backup",))])
def test_a_log_that_cannot_be_archived_is_told_and_archived_once_its_folder_takes_it_again(
    night_suite: LaunchedSuite,
    at_night: Callable[[LaunchedSuite], Operator],
    trouble: Callable[[Path], Callable[[], None]],
    mended_by: tuple[str, ...],
) -> None:
    suite, operator = night_suite, at_night(night_suite)
    if not backups_in(suite.settings.backups):
        assert suite.make("backup").returncode == 0
    mend = trouble(server_folder(suite.settings.home) / "postgres" / "archive")
    try:
        switch = ("SELECT txid_current()", "SELECT pg_switch_wal()")
        asked(Suite(suite.settings).postgres.url(), *switch)
        for service in ("finance", "registry"):
            operator.sees("archive_stands", service)
    finally:
        mend()
    assert suite.make(*mended_by).returncode == 0
    assert names(suite, "finance") == set()
    operator.sees_people_served()
