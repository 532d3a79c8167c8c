"""The state folder: whole wherever it is moved, for its owner alone, and refused in words where it cannot be used."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from deploy.embedded import state_folder
from deploy.embedded.__main__ import main
from deploy.embedded.launch_settings import LaunchSettings
from deploy.embedded.nats import NatsServer
from deploy.embedded.postgres import PostgresServer
from deploy.embedded.process import Child, free_port
from deploy.embedded.state_folder import MARK, OTHERS, StateError, StateFolder
from deploy.embedded.suite import Suite
from tests.support.postgres import state_folder as fresh_folder
from tests.unit.deploy.test_launch import settings_for


@pytest.fixture(autouse=True)
def own_umask() -> Iterator[None]:
    """The launcher closes what it makes; the tests beside this one go on as they began."""
    before = os.umask(0o022)
    yield
    os.umask(before)


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands its servers to another account")


def whole_state(home: Path) -> StateFolder:
    """Return a state folder as a suite leaves it that once stood; its servers' data are empty folders."""
    settings = settings_for(home)
    state = StateFolder(settings)
    state.open()
    suite = Suite(settings)
    for name in ("registry", "finance", "techtransfer", "ipr", "gateway"):
        suite.environment(name)
    for name in ("global", "base", "pg_wal"):
        (state.servers / "postgres" / "data" / name).mkdir(parents=True)
    (state.servers / "postgres" / "data" / "PG_VERSION").write_text("18\n")
    (state.servers / "nats" / "jetstream").mkdir(parents=True)
    state.note_whole()
    return state


def everything(home: Path) -> dict[str, int]:
    return {str(path.relative_to(home)): path.lstat().st_mtime_ns for path in home.rglob("*")}


def refused(state: StateFolder, *words: str) -> None:
    """See that the folder is refused with these words, in two languages, and that nothing was changed."""
    before = everything(state.home)
    with pytest.raises(StateError) as told:
        state.open()
    said = str(told.value)
    assert all(word in said for word in words), said
    assert any("\u4e00" <= letter <= "\u9fff" for letter in said), said
    assert everything(state.home) == before


def test_a_whole_state_is_opened_again_and_again(tmp_path: Path) -> None:
    state = whole_state(tmp_path / "科创 state")
    state.open()
    moved = state.home.rename(tmp_path / "moved")
    StateFolder(settings_for(moved)).open()


@pytest.mark.parametrize(
    "piece",
    [
        "servers/postgres",
        "servers/postgres/data",
        "servers/postgres/data/pg_wal",
        "servers/nats/jetstream",
        "secrets/event-keys.json",
        "secrets",
        "secrets/postgres",
        "secrets/postgres-ipr",
        "secrets/personal-data-finance",
        "secrets/nats-provisioner",
        "files/ipr",
    ],
)
def test_a_missing_piece_is_named_and_nothing_is_made_in_its_place(tmp_path: Path, piece: str) -> None:
    state = whole_state(tmp_path / "state")
    path = state.home / piece
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    refused(state, "incomplete", str(path), "make reset")


def test_a_lost_store_of_the_broker_names_the_way_back_from_the_databases(tmp_path: Path) -> None:
    state = whole_state(tmp_path / "state")
    store = state.servers / "nats" / "jetstream"
    store.rmdir()
    refused(state, f"mkdir -p {store}", "make republish")
    store.mkdir()
    state.open()


def test_a_missing_database_is_not_made_anew(tmp_path: Path) -> None:
    state = whole_state(tmp_path / "state")
    state.refuse_missing_databases(["gateway", "registry", "finance", "techtransfer", "ipr", "postgres"])
    with pytest.raises(StateError, match=r"database finance, ipr .*数据库"):
        state.refuse_missing_databases(["gateway", "registry", "techtransfer", "postgres"])


def test_a_first_start_that_was_broken_off_may_be_tried_again(tmp_path: Path) -> None:
    state = StateFolder(settings_for(tmp_path / "state"))
    state.open()
    Suite(state.settings)
    state.open()
    state.refuse_missing_databases([])


@pytest.mark.parametrize("name", ["postgres", "personal-data-ipr"])
def test_an_empty_secret_is_refused(tmp_path: Path, name: str) -> None:
    state = whole_state(tmp_path / "state")
    (state.settings.secrets / name).write_text("")
    refused(state, str(state.settings.secrets / name), "is empty")


@pytest.mark.parametrize(("name", "mode"), [("nats-ipr", 0o644), ("postgres", 0o640), ("", 0o755)])
def test_a_secret_that_others_may_read_is_refused_with_the_command_that_closes_it(
    tmp_path: Path, name: str, mode: int
) -> None:
    state = whole_state(tmp_path / "state")
    path = state.settings.secrets / name
    path.chmod(mode)
    refused(state, f"mode {mode:o}", "chmod")
    path.chmod(0o600 if name else 0o700)
    state.open()


def test_a_folder_with_other_things_is_refused_so_that_reset_never_removes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    refused(StateFolder(settings_for(tmp_path)), "letters.txt", "KECHUANG_HOME")
    monkeypatch.setenv("KECHUANG_HOME", str(tmp_path))
    assert main(["run", "--detach"]) == 1
    assert "letters.txt" in capsys.readouterr().err
    assert main(["reset"]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(StateError, match="is no folder"):
        StateFolder(settings_for(tmp_path / "state")).open()


def test_a_full_disk_is_told_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_folder.shutil, "disk_usage", lambda _: SimpleNamespace(free=3 * 1_048_576))
    home = tmp_path / "new" / "state"
    with pytest.raises(StateError, match=r"3 MiB left[\s\S]*磁盘空间不足"):
        StateFolder(settings_for(home)).open()
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_written_is_refused_and_nothing_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root may write where the mode forbids it: the refusal of the file system itself is what counts.
    def read_only(_self: Path, _text: str) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "write_text", read_only)
    home = tmp_path / "state"
    with pytest.raises(StateError, match=r"Read-only file system[\s\S]*不可写"):
        StateFolder(settings_for(home)).open()
    assert not home.exists()


def test_everything_a_start_makes_is_for_its_owner_alone(tmp_path: Path) -> None:
    state = whole_state(tmp_path / "state")
    assert [path for path in (state.home, state.servers, state.settings.logs) if path.stat().st_mode & OTHERS] == []
    assert (state.home / MARK).stat().st_mode & OTHERS == 0


@as_root
def test_a_copy_that_root_made_belongs_to_the_servers_account_again(tmp_path: Path) -> None:
    state = whole_state(tmp_path / "state")
    state.open()
    (copy := tmp_path / "copy").mkdir()
    shutil.copytree(state.home, copy / "state")
    StateFolder(settings_for(copy / "state")).open()
    assert (copy / "state/servers/postgres/data/PG_VERSION").stat().st_uid != 0


@as_root
def test_where_root_starts_somebodys_suite_everything_stays_that_persons(tmp_path: Path) -> None:
    state = whole_state(tmp_path / "state")
    for path in (state.home, *state.home.rglob("*")):
        os.chown(path, 4_321, 4_321)
    state.open()
    assert {path.stat().st_uid for path in (state.home, *state.home.rglob("*"))} == {4_321}


@as_root
def test_a_closed_and_moved_folder_holds_the_data_of_both_servers() -> None:
    with fresh_folder("moved") as above:
        above.chmod(0o700)
        home = above / '科创 "数据" $HOME'
        settings = settings_for(home)
        tables = []
        for place in (home, above / "移动 之后"):
            if not tables:
                StateFolder(settings).open()
            else:
                home.rename(place)
            tables.append(_first_table(LaunchSettings.from_environment({"KECHUANG_HOME": str(place)})))
        assert tables == [0, 1]


def _first_table(settings: LaunchSettings) -> int:
    """Start both servers, make a database more, and return how many there were that an earlier start had made."""
    folder = StateFolder(settings).servers
    log = settings.logs / "servers.log"
    postgres = PostgresServer(folder / "postgres", port=free_port(), password="secret", log=log, durable=False)
    broker = NatsServer(
        folder / "nats", port=free_port(), monitor_port=free_port(), passwords={"ipr": "secret"}, log=log, durable=False
    )
    postgres.initialise()
    broker.initialise()
    children = [Child(postgres.program()), Child(broker.program())]
    try:
        postgres.wait_until_ready()
        broker.wait_until_ready()
        assert (broker.store / "jetstream").is_dir()
        made = [name for name in postgres.databases() if name == "ipr"]
        if not made:
            postgres.ensure_databases({"ipr": "secret"}, {"ipr": "owner"})
        return len(made)
    finally:
        for child in children:
            child.stop()


def test_a_reset_throws_everything_away_but_the_backups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = whole_state(tmp_path / "state")
    monkeypatch.setenv("KECHUANG_HOME", str(state.home))
    backup = state.home / "backups" / "2026-11-29T010000Z"
    backup.mkdir(parents=True)
    assert main(["reset"]) == 0
    assert everything(state.home).keys() == {"backups", "backups/2026-11-29T010000Z"}
    StateFolder(settings_for(state.home)).open()
    backup.rmdir()
    assert main(["reset"]) == 0
    assert not state.home.exists()


def test_a_lost_archive_is_named_with_the_way_to_a_new_one(tmp_path: Path) -> None:
    state = whole_state(tmp_path / "state")
    archive = state.servers / "postgres" / "archive"
    archive.mkdir(mode=0o700)
    state.note_whole()
    archive.rmdir()
    refused(state, f"mkdir -m 700 {archive}", "make backup")
