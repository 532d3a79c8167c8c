"""The checks of this folder read what they judge: every file of the product stands in a room that they visit."""

from pathlib import Path

import pytest

from tests.support import source
from tests.support.source import (
    ROOMS,
    SERVICES,
    files_below,
    home_of,
    name_of,
    python_files,
    room_files,
    sub_domains,
)

OWNERS = (*SERVICES, "gateway")
OTHER_ROOMS = {"gateway": ("compose", "console", "upstream")}
"""Rooms that one package alone has."""
UNREAD = "migrations"
"""Written by Alembic, reviewed by people."""


def planted(root: Path, *names: str) -> None:
    """Write files of one line below `root`."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('"""One."""\n', encoding="utf-8")


@pytest.fixture
def empty_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree of its own, in the place of the repository's."""
    monkeypatch.setattr(source, "ROOT", tmp_path)
    monkeypatch.setattr(source, "READ", set())
    return tmp_path


@pytest.mark.planted
def test_rooms_are_found_in_an_undivided_service_and_in_its_sub_domains(empty_tree: Path) -> None:
    planted(empty_tree, "services/ipr/rules/right.py", "services/ipr/jobs/__init__.py")
    planted(empty_tree, "services/finance/lending/rules/loan.py", "services/finance/fund/rules/quota.py")
    planted(empty_tree, "services/finance/fund/jobs/__init__.py", "services/finance/migrations/rules.py")
    assert sub_domains("ipr") == []
    assert sub_domains("finance") == ["fund", "lending"]
    assert [name_of(path) for path in room_files("rules", "ipr", "finance")] == [
        "services/ipr/rules/right.py",
        "services/finance/fund/rules/quota.py",
        "services/finance/lending/rules/loan.py",
    ]
    assert [name_of(path) for path in room_files("jobs", "finance")] == ["services/finance/fund/jobs/__init__.py"]
    assert len(source.READ) == 4


@pytest.mark.planted
def test_a_check_that_would_read_nothing_fails(empty_tree: Path) -> None:
    planted(empty_tree, "services/ipr/lending/rules/loan.py")
    (empty_tree / "services/ipr/lending/store/__pycache__").mkdir(parents=True)
    with pytest.raises(AssertionError, match=r"shared holds no \*\.py"):
        python_files("services", "shared")
    with pytest.raises(AssertionError, match=r"docs holds no \*\.md"):
        files_below("docs", "*.md")
    with pytest.raises(AssertionError, match="ipr has no usecases"):
        room_files("usecases", "ipr")
    with pytest.raises(AssertionError, match="services/ipr/lending/store holds no"):
        room_files("store", "ipr")


def test_every_service_there_is_will_be_read() -> None:
    assert {name_of(path).split("/")[1] for path in files_below("services", "*/*.py")} == set(SERVICES)


@pytest.mark.parametrize("owner", OWNERS)
def test_every_file_of_a_service_stands_in_a_room_that_is_read(owner: str) -> None:
    home = home_of(owner)
    rooms = [*ROOMS, *OTHER_ROOMS.get(owner, ())]
    read = {path for room in rooms if source.room_folders(owner, room) for path in room_files(room, owner)}
    foot = {path for folder in (home, *(home / name for name in sub_domains(owner))) for path in folder.glob("*.py")}
    unread = set(python_files(name_of(home))) - read - foot
    assert read
    assert sorted(name_of(path) for path in unread if UNREAD not in path.parts) == []
