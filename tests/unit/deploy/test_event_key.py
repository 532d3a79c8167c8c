"""The suite's event keys: made with the state folder, kept with it, and the past of older streams noted first."""

from pathlib import Path

import orjson

from deploy.embedded.event_key import PUBLIC_LIST, EventKeyFiles
from deploy.embedded.launch_settings import PROCESSES
from deploy.embedded.suite import Suite
from shared.events.trust import Signer, Trust
from tests.unit.deploy.test_launch import settings_for


def test_every_process_is_told_a_key_of_its_own_and_the_list_of_all(tmp_path: Path) -> None:
    suite = Suite(settings_for(tmp_path))
    told = {name: suite.environment(name) for name in PROCESSES}
    private = {name: Path(told[name][f"{name.upper()}_EVENT_KEY_FILE"]) for name in PROCESSES}
    assert len(set(private.values())) == len(PROCESSES)
    public = {told[name]["KECHUANG_EVENT_KEYS_FILE"] for name in PROCESSES}
    assert public == {str(tmp_path / "secrets" / PUBLIC_LIST)}
    listed = {
        one["id"]: one["service"] for one in orjson.loads((tmp_path / "secrets" / PUBLIC_LIST).read_bytes())["keys"]
    }
    assert {listed[orjson.loads(path.read_bytes())["id"]]: path for name, path in private.items()} == private
    for path in private.values():
        Signer(path)
    Trust(tmp_path / "secrets" / PUBLIC_LIST)
    # Asked again, the keys are the same.
    before = (tmp_path / "secrets" / PUBLIC_LIST).read_bytes()
    assert {name: suite.environment(name) for name in PROCESSES} == told
    assert (tmp_path / "secrets" / PUBLIC_LIST).read_bytes() == before


def test_keys_that_are_named_are_not_made(tmp_path: Path) -> None:
    named = {"FINANCE_EVENT_KEY_FILE": "/run/keys/finance.json", "KECHUANG_EVENT_KEYS_FILE": str(tmp_path / "all.json")}
    files = EventKeyFiles(settings_for(tmp_path), named)
    assert files.private("finance") == Path("/run/keys/finance.json")
    assert not files.public.exists()


def test_streams_of_before_events_were_signed_are_noted_before_anybody_listens(tmp_path: Path) -> None:
    suite = Suite(settings_for(tmp_path))
    first = suite.first_provision()
    assert first is not None
    assert first.env["KECHUANG_EVENT_KEYS_FILE"] == str(tmp_path / "secrets" / PUBLIC_LIST)
    # A new installation has no such past, and waits for nobody.
    suite.event_keys.note_new_streams()
    assert suite.first_provision() is None
