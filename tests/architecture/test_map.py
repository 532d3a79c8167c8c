"""The map is true: each noun has its file in every room, or the map says in which it has none and why."""

import importlib
import re
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import pytest

from shared.events.catalogue import CATALOGUE
from tests.support.source import NOUN_ROOMS, ROOT, SERVICES, python_files

COLUMNS = ["service", "noun", "what it is", "no file in"]
NO_NOUN = {"__init__", "base"}


@dataclass(frozen=True)
class Noun:
    """One row of the table of nouns: the rooms where it has no file, with the reason."""

    service: str
    name: str
    absent: dict[str, str]


def nouns_of(text: str) -> list[Noun]:
    """Read the table of nouns of the map."""
    found, inside = [], False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if [cell.lower() for cell in cells] == COLUMNS:
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not set(line) <= set("|-: "):
            service, noun, _, absences = cells
            reasons = re.findall(r"([a-z, ]+) \(([^)]+)\)", absences)
            absent = {room.strip(): reason for rooms, reason in reasons for room in rooms.split(",") if room.strip()}
            found.append(Noun(service, noun.strip("`"), absent))
    return found


@cache
def told() -> tuple[Noun, ...]:
    """Return the nouns that the map tells of."""
    return tuple(nouns_of((ROOT / "docs" / "map.md").read_text(encoding="utf-8")))


def standing(service: str) -> dict[str, set[str]]:
    """Return each noun of a service with the rooms in which it has a file."""
    found: dict[str, set[str]] = {}
    for room in NOUN_ROOMS:
        for path in python_files(f"services/{service}/{room}"):
            if path.stem not in NO_NOUN:
                found.setdefault(path.stem, set()).add(room)
    return found


def disagreements(nouns: list[Noun], files: dict[str, set[str]]) -> list[str]:
    """Return where the map and the files of one service disagree."""
    names = {noun.name for noun in nouns}
    found = [f"{noun} is not on the map" for noun in files if noun not in names]
    for noun in nouns:
        missing = set(NOUN_ROOMS) - files.get(noun.name, set())
        found += [f"{noun.name} has no file in {room}: the map gives no reason" for room in missing - set(noun.absent)]
        found += [f"{noun.name} has a file in {room}, the map says it has none" for room in set(noun.absent) - missing]
    return found


def test_a_map_that_lies_would_be_found() -> None:
    text = """
| service | noun | what it is | no file in |
|---|---|---|---|
| ipr | `right` | a right | api (told elsewhere), store (none) |
"""
    (noun,) = nouns_of(text)
    assert noun.absent == {"api": "told elsewhere", "store": "none"}
    assert disagreements([noun], {"right": {"rules", "models", "usecases"}}) == []
    found = disagreements([noun], {"right": {"rules", "models", "store"}, "fee": {"rules"}})
    assert len(found) == 3


@pytest.mark.parametrize("service", SERVICES)
def test_every_noun_has_its_files_or_the_map_says_why_not(service: str) -> None:
    found = disagreements([noun for noun in told() if noun.service == service], standing(service))
    assert not found, "\n".join(sorted(found))


def handler_modules() -> list[ModuleType]:
    """Import every file of handlers that subscribes to something."""
    paths = [path for service in SERVICES for path in python_files(f"services/{service}/handlers")]
    modules = [importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts)) for path in paths]
    return [module for module in modules if hasattr(module, "SUBSCRIPTIONS")]


def listeners() -> set[tuple[str, str]]:
    """Return (subject, service) of every subscription that the handlers declare."""
    return {
        (one.event.subject, module.__name__.split(".")[1])
        for module in handler_modules()
        for one in module.SUBSCRIPTIONS
    }


def test_the_map_tells_who_hears_whom() -> None:
    text = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_]+\.[a-z_]+\.[a-z_]+\.v\d)` \| (.+) \|$", text, flags=re.MULTILINE)
    heard = {(subject, service) for subject, cell in rows for service in re.findall(r"([a-z]+): ", cell)}
    assert {(subject, service) for subject, service in heard if service in SERVICES} == listeners()
    assert sorted(subject for subject, _ in rows) == sorted(CATALOGUE)


@pytest.mark.parametrize("service", SERVICES)
def test_a_handler_file_is_named_after_the_publisher_it_hears(service: str) -> None:
    heard = {path.stem for path in python_files(f"services/{service}/handlers")} - NO_NOUN
    assert heard <= {*SERVICES, "gateway"} - {service}


def test_the_key_of_every_handler_is_its_service_and_its_name() -> None:
    keys = [one.handler_name for module in handler_modules() for one in module.SUBSCRIPTIONS]
    assert len(keys) == len(set(keys))
    services = "|".join(SERVICES)
    assert [key for key in keys if not re.fullmatch(rf"({services})\.[a-z_]+", key)] == []


def test_every_decision_says_what_enforces_it() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    headings = ("## Context", "## Decision", "## Consequences", "## What enforces it")
    incomplete = [
        f"{record.name} lacks {heading}"
        for record in records
        for heading in headings
        if heading not in record.read_text(encoding="utf-8").splitlines()
    ]
    assert records
    assert not incomplete


def test_every_file_named_in_the_documents_exists() -> None:
    path_of_ours = re.compile(r"`((?:shared|services|gateway|deploy|tests|docs)/[\w./-]+\.\w+)`")
    documents = [path for path in (*(ROOT / "docs").rglob("*.md"), ROOT / "README.md") if path.exists()]
    named = {name for document in documents for name in path_of_ours.findall(document.read_text(encoding="utf-8"))}
    missing = sorted(name for name in named if not (ROOT / name).exists())
    assert not missing
