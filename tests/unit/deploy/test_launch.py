"""The launcher: its settings, its secrets, and what it does when a program dies."""

import itertools
import os
import re
import socket
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from deploy.embedded import table
from deploy.embedded.clients import ensure_clients, read_clients
from deploy.embedded.launch_settings import DEFAULT_PORTS, PROCESSES, ROOT, LaunchSettings, SettingError
from deploy.embedded.process import Program, free_ports
from deploy.embedded.suite import Suite
from deploy.embedded.supervisor import Slot
from shared.kernel.uscc import is_valid
from shared.web import audit, dead_letter, work_item


def settings_for(home: Path, **more: str) -> LaunchSettings:
    return LaunchSettings.from_environment({"KECHUANG_HOME": str(home), **more})


def test_everything_is_embedded_where_nothing_is_set(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    assert settings.needs_postgres
    assert settings.needs_nats
    assert settings.demo
    assert settings.ports == DEFAULT_PORTS


def test_a_real_database_switches_the_demo_off_unless_it_is_asked_for(tmp_path: Path) -> None:
    urls = {"FINANCE_DATABASE_URL": "postgresql://x", "FINANCE_OWNER_DATABASE_URL": "postgresql://owner@x"}
    assert not settings_for(tmp_path, **urls).demo
    assert settings_for(tmp_path, KECHUANG_DEMO="1", **urls).demo


@pytest.mark.parametrize("owner", [{}, {"FINANCE_OWNER_DATABASE_URL": "postgresql://finance:y@db/finance"}])
def test_a_real_database_needs_an_owner_that_is_not_the_role_the_service_runs_as(
    tmp_path: Path, owner: dict[str, str]
) -> None:
    with pytest.raises(SettingError, match=r"FINANCE_OWNER_DATABASE_URL(.|\n)*角色"):
        settings_for(tmp_path, FINANCE_DATABASE_URL="postgresql://finance:x@db/finance", **owner)


def test_five_real_databases_and_one_broker_need_no_embedded_server(tmp_path: Path) -> None:
    urls = {f"{name.upper()}_DATABASE_URL": "postgresql://x" for name in PROCESSES}
    urls |= {f"{name.upper()}_OWNER_DATABASE_URL": "postgresql://owner@x" for name in PROCESSES}
    settings = settings_for(tmp_path, NATS_URL="nats://y", **urls)
    assert not settings.needs_postgres
    assert not settings.needs_nats
    assert settings.nats_urls["ipr"] == "nats://y"


@pytest.mark.parametrize("value", ["0", "65536", "eighty", "-1", "８０８０"])
def test_a_port_that_is_none_is_named(tmp_path: Path, value: str) -> None:
    with pytest.raises(SettingError, match="KECHUANG_PORT_GATEWAY"):
        settings_for(tmp_path, KECHUANG_PORT_GATEWAY=value)


def on_free_ports() -> dict[str, str]:
    """Return settings under which a suite that runs on the default ports is in nobody's way."""
    ports = free_ports(len(DEFAULT_PORTS))
    return {f"KECHUANG_PORT_{name.upper()}": str(port) for name, port in zip(DEFAULT_PORTS, ports, strict=True)}


def test_a_taken_port_is_named_with_the_setting_to_change(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        suite = Suite(settings_for(tmp_path, **{**on_free_ports(), "KECHUANG_PORT_IPR": str(port)}))
        with pytest.raises(SettingError, match=f"{port}.*taken.*KECHUANG_PORT_IPR"):
            suite.check_ports()


def test_one_port_for_two_processes_is_refused(tmp_path: Path) -> None:
    ports = on_free_ports()
    twice = ports["KECHUANG_PORT_REGISTRY"]
    suite = Suite(settings_for(tmp_path, **{**ports, "KECHUANG_PORT_IPR": twice}))
    with pytest.raises(SettingError, match=f"both {twice}"):
        suite.check_ports()


def test_a_process_is_told_its_own_secrets_and_none_of_anothers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IPR_DATABASE_URL", "postgresql://ipr:hidden@db/ipr")
    monkeypatch.setenv("IPR_OWNER_DATABASE_URL", "postgresql://ipr_owner:hidden@db/ipr")
    suite = Suite(LaunchSettings.from_environment({**os.environ, "KECHUANG_HOME": str(tmp_path)}))
    told = suite.environment("finance")
    assert told["FINANCE_DATABASE_URL"].startswith("postgresql://finance:")
    assert not [name for name in told if name.startswith(("IPR_", "REGISTRY_", "GATEWAY_"))]
    assert suite.environment("ipr")["IPR_DATABASE_URL"] == "postgresql://ipr:hidden@db/ipr"
    # Whoever breaks into a service must not find the way to own its tables.
    owners = [suite.owner_passwords["finance"], "ipr_owner"]
    for name in PROCESSES:
        assert not [value for value in suite.environment(name).values() if any(owner in value for owner in owners)]


def test_secrets_are_files_for_their_owner_only_and_stay(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    first = ensure_clients(settings)
    suite = Suite(settings)
    assert ensure_clients(settings) == first == read_clients(settings)
    assert suite.environment("ipr") == Suite(settings).environment("ipr")
    files = list(settings.secrets.iterdir())
    assert len(files) > len(PROCESSES)
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert settings.secrets.stat().st_mode & 0o777 == 0o700


def test_demo_bodies_have_valid_codes_that_are_clearly_made_up(tmp_path: Path) -> None:
    parties = {client["party"] for client in ensure_clients(settings_for(tmp_path))} - {None}
    assert len(parties) == 7
    assert all(is_valid(party) and "DEM" in party for party in parties)


def test_what_dies_is_started_again_with_a_growing_pause(tmp_path: Path) -> None:
    slot = Slot(Program(name="short", argv=(sys.executable, "-S", "-c", "pass"), log=tmp_path / "log"))
    starts, seen = [slot.child.started], {slot.child.pid}
    while len(seen) < 4:
        slot.tend()
        if slot.child.pid not in seen:
            seen.add(slot.child.pid)
            starts.append(slot.child.started)
        time.sleep(0.005)
    slot.child.stop()
    pauses = [after - before for before, after in itertools.pairwise(starts)]
    assert pauses[1] >= 0.2
    assert pauses[2] >= 0.4


def test_demo_clients_together_hold_every_scope_of_the_routes_and_no_other(tmp_path: Path) -> None:
    held = {scope for client in ensure_clients(settings_for(tmp_path)) for scope in client["scopes"]}
    sources = [*ROOT.glob("services/*/*/api/*.py"), *ROOT.glob("gateway/api/*.py")]
    asked = {scope for path in sources for scope in re.findall(r'scope="([a-z._]+:[a-z]+)"', path.read_text())}
    # Of routes that several services have.
    asked |= {dead_letter.READ, dead_letter.WRITE, work_item.SCOPE, work_item.HOLD, audit.SCOPE}
    assert held - asked == set()
    assert asked - held == set()


def test_the_database_lets_in_every_process_with_its_whole_pool(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, GATEWAY_PROCESSES="10", REGISTRY_PROCESSES="3", FINANCE_DATABASE_POOL_SIZE="20")
    (allowed,) = [word for word in Suite(settings).postgres.program().argv if word.startswith("max_connections=")]
    assert int(allowed.partition("=")[2]) >= 15 * 16 + 40


def test_each_of_several_processes_is_asked_at_a_socket_of_its_own(tmp_path: Path) -> None:
    suite = Suite(settings_for(tmp_path, **on_free_ports(), GATEWAY_PROCESSES="10"))
    suite.listen()
    try:
        ports = {suite.program("gateway", number).pulse_port for number in range(1, 11)}
    finally:
        suite.close()
    assert len(ports - {None}) == 10


def test_too_little_memory_for_so_many_processes_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table.psutil, "virtual_memory", lambda: SimpleNamespace(available=900 * 1_048_576))
    assert table.memory_warning(settings_for(tmp_path)) is None
    said = table.memory_warning(settings_for(tmp_path, GATEWAY_PROCESSES="10"))
    assert said is not None
    assert "900" in said
    assert "内存" in said
