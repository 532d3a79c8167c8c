"""Where the environment comes from: the settings of the machine, in uv's words."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy import bootstrap
from deploy.bootstrap import Sources, pip_configuration, uv_binary, write_command


def test_the_settings_of_pip_are_said_in_the_words_of_uv() -> None:
    pip = {"index-url": "https://mirror.example/simple", "extra-index-url": "file:///a file:///b", "cert": "/ca.pem"}
    said = Sources({}, pip).uv_environment({})
    assert said["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert said["UV_INDEX"] == "file:///a file:///b"
    assert said["SSL_CERT_FILE"] == "/ca.pem"


def test_the_environment_goes_before_the_files_of_pip_and_uv_before_pip() -> None:
    environment = {
        "PIP_INDEX_URL": "https://second.example/simple",
        "UV_DEFAULT_INDEX": "main=https://first.example/simple",
    }
    assert Sources(environment, {"index-url": "https://third.example"}).indexes == ["https://first.example/simple"]
    del environment["UV_DEFAULT_INDEX"]
    assert Sources(environment, {"index-url": "https://third.example"}).indexes == ["https://second.example/simple"]


def test_what_the_caller_told_uv_is_kept() -> None:
    environment = {"UV_FIND_LINKS": "/mine", "UV_INDEX_URL": "https://old.example/simple", "HOME": "/home"}
    said = Sources(environment, {"find-links": "/other"}).uv_environment(environment)
    assert said["UV_FIND_LINKS"] == "/mine"
    assert said["UV_DEFAULT_INDEX"] == "https://old.example/simple"
    assert "UV_INDEX_URL" not in said


def test_an_address_with_a_query_is_not_taken_for_a_named_index() -> None:
    assert Sources({"PIP_INDEX_URL": "https://m.example/simple?a=b"}, {}).indexes == ["https://m.example/simple?a=b"]


def test_later_files_of_pip_go_over_earlier_ones(tmp_path: Path) -> None:
    (tmp_path / ".pip").mkdir()
    (tmp_path / ".pip" / "pip.conf").write_text(
        "[global]\nindex-url = https://old.example/simple\nfind_links = /wheels\n"
    )
    named = tmp_path / "named.conf"
    named.write_text("[global]\nindex-url = https://new.example/simple\n")
    said = pip_configuration(
        {"HOME": str(tmp_path), "XDG_CONFIG_DIRS": str(tmp_path / "none"), "PIP_CONFIG_FILE": str(named)}
    )
    assert said["index-url"] == "https://new.example/simple"
    assert said["find-links"] == "/wheels"


def test_a_wheel_with_another_digest_is_not_taken(tmp_path: Path, monkeypatch: object) -> None:
    patch = monkeypatch
    assert hasattr(patch, "setattr")
    index = tmp_path / "simple" / "uv"
    index.mkdir(parents=True)
    wheel, _ = bootstrap.UV_WHEELS["x86_64"]
    (index / wheel).write_bytes(b"forged")
    (index / "index.html").write_text(f'<a href="{wheel}#sha256=0">{wheel}</a>')
    sources = Sources({"PIP_INDEX_URL": (tmp_path / "simple").as_uri()}, {})
    assert list(bootstrap._candidates(wheel, sources, sources.indexes)) == [(index / wheel).as_uri()]
    patch.setattr(bootstrap, "TOOLS", tmp_path / "tools")
    patch.setattr(bootstrap.sys, "executable", "/bin/false")
    patch.setattr(bootstrap.shutil, "which", lambda _name: "/somewhere/uv")
    assert uv_binary(sources) == Path("/somewhere/uv")
    assert not (tmp_path / "tools").exists()


def test_a_bare_machine_means_the_index_that_pythons_own_library_names() -> None:
    from deploy.bootstrap import public_index

    address = public_index()
    assert address.startswith("https://")
    assert address.endswith("/simple")


def test_a_folder_of_wheels_that_is_not_there_is_passed_over(tmp_path: Path) -> None:
    sources = Sources({"PIP_FIND_LINKS": f"{tmp_path} {tmp_path}/none https://links.example/"}, {})
    assert sources.links == [str(tmp_path), "https://links.example/"]


def test_the_operators_command_stands_in_the_environment_and_runs_from_any_folder(tmp_path: Path) -> None:
    programs = tmp_path / "clone" / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(sys.executable)
    (tmp_path / "clone" / "deploy").mkdir()
    (tmp_path / "clone" / "deploy" / "command.py").write_text("import sys; print(sys.argv[1:])")
    write_command(programs)
    (tmp_path / "kechuang").symlink_to(programs / "kechuang")
    said = subprocess.run(
        [tmp_path / "kechuang", "client", "a b"], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert said.stdout.strip() == "['client', 'a b']"
    before = (programs / "kechuang").stat().st_mtime_ns
    write_command(programs)
    assert (programs / "kechuang").stat().st_mtime_ns == before


def linked_clone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Make a clone with an environment, and another whose `.venv` links to it; return environment and lock file."""
    for name in ("first", "second"):
        (folder / name).mkdir()
        (folder / name / "requirements.lock").write_text("a==1\n")
    environment = folder / "first" / ".venv"
    (environment / "bin").mkdir(parents=True)
    monkeypatch.setattr(bootstrap, "LOCK", folder / "first" / "requirements.lock")
    monkeypatch.setattr(bootstrap, "VENV", environment)
    (environment / "made-from").write_text(bootstrap._fingerprint())
    link = folder / "second" / ".venv"
    link.symlink_to(environment)
    monkeypatch.setattr(bootstrap, "LOCK", folder / "second" / "requirements.lock")
    monkeypatch.setattr(bootstrap, "VENV", link)
    monkeypatch.setattr(bootstrap, "TOOLS", folder / "second" / ".venv-tools")
    return environment, folder / "second" / "requirements.lock"


def held(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_linked_environment_of_the_same_lock_is_used_and_not_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked_clone(tmp_path, monkeypatch)
    before = held(tmp_path)
    bootstrap.main()
    assert held(tmp_path) == before


def test_a_linked_environment_of_another_lock_is_left_to_its_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment, lock = linked_clone(tmp_path, monkeypatch)
    lock.write_text("a==2\n")
    before = held(tmp_path)
    with pytest.raises(SystemExit, match="is a link to") as stopped:
        bootstrap.main()
    assert (str(environment) in str(stopped.value), held(tmp_path)) == (True, before)
