"""The map is true: its table of nouns is the tree's, and it tells who hears whom."""

import importlib
import re
from types import ModuleType

import pytest

from shared.events.catalogue import CATALOGUE
from shared.events.listeners import HEARD_BY
from tests.support.noun_table import BEGIN, END, MAP, NO_NOUN, nouns_of, renewed
from tests.support.source import ROOT, SERVICES, files_below, room_files, sub_domains, text_of

FULLEST_SUB_DOMAIN = 12
"""Nouns with a life of their own in one sub-domain; with more it is two."""


def test_the_table_of_nouns_is_as_the_tree_is() -> None:
    text = text_of(MAP)
    assert BEGIN in text
    assert renewed(text) == text, "run `make map`"


def test_a_table_that_lies_would_be_renewed() -> None:
    told = renewed(f"before\n{BEGIN}\n| ipr | right | `fee` | a lie | rules |\n{END}\nafter")
    assert "a lie" not in told
    assert told.startswith("before\n")
    assert told.endswith("after")
    assert "| finance | lending | `loan` |" in told


def test_no_sub_domain_has_more_nouns_than_a_person_keeps_in_mind() -> None:
    sizes = {
        f"{service}/{part}": sum("models" in rooms for rooms in nouns_of(service, part).values())
        for service in SERVICES
        for part in sub_domains(service)
    }
    assert sizes
    assert {name: size for name, size in sizes.items() if size > FULLEST_SUB_DOMAIN} == {}


def handler_modules() -> list[ModuleType]:
    """Import every file of handlers that subscribes to something."""
    paths = room_files("handlers", *SERVICES)
    modules = [importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts)) for path in paths]
    return [module for module in modules if hasattr(module, "SUBSCRIPTIONS")]


def listeners() -> set[tuple[str, str]]:
    """Return (subject, service) of every subscription that the handlers declare."""
    return {
        (one.event.subject, module.__name__.split(".")[1])
        for module in handler_modules()
        for one in module.SUBSCRIPTIONS
    }


def test_the_table_that_permissions_are_made_from_is_what_the_services_subscribe_to() -> None:
    assert {(subject, listener) for subject, heard in HEARD_BY.items() for listener in heard} == listeners()


def test_the_map_tells_who_hears_whom() -> None:
    text = text_of(MAP)
    rows = re.findall(r"^\| `([a-z_]+\.[a-z_]+\.[a-z_]+\.v\d)` \| (.+) \|$", text, flags=re.MULTILINE)
    heard = {(subject, service) for subject, cell in rows for service in re.findall(r"([a-z]+): ", cell)}
    assert {(subject, service) for subject, service in heard if service in SERVICES} == listeners()
    assert sorted(subject for subject, _ in rows) == sorted(CATALOGUE)


@pytest.mark.parametrize("service", SERVICES)
def test_a_handler_file_is_named_after_the_publisher_it_hears(service: str) -> None:
    heard = {path.stem for path in room_files("handlers", service)} - NO_NOUN
    assert heard <= {*SERVICES, "gateway"} - {service}


def test_the_key_of_every_handler_is_its_service_and_its_name() -> None:
    keys = [one.handler_name for module in handler_modules() for one in module.SUBSCRIPTIONS]
    assert len(keys) == len(set(keys))
    services = "|".join(SERVICES)
    assert [key for key in keys if not re.fullmatch(rf"({services})\.[a-z_]+", key)] == []


def test_every_decision_says_what_enforces_it() -> None:
    records = files_below("docs/decisions", "*.md")
    headings = ("## Context", "## Decision", "## Consequences", "## What enforces it")
    incomplete = [
        f"{record.name} lacks {heading}"
        for record in records
        for heading in headings
        if heading not in text_of(record).splitlines()
    ]
    assert records
    assert not incomplete


def test_every_decision_has_a_number_of_its_own() -> None:
    records = files_below("docs/decisions", "*.md")
    numbers = [record.name.partition("-")[0] for record in records]
    assert len(numbers) == len(set(numbers)), sorted(record.name for record in records)
    assert [text_of(record).partition(".")[0] for record in records] == [f"# {int(number)}" for number in numbers]


def test_every_file_and_folder_named_in_the_documents_exists() -> None:
    path_of_ours = re.compile(r"`((?:shared|services|gateway|deploy|tests|docs)/[\w./-]*)(?:::?\w+)?`")
    documents = [*files_below("docs", "*.md"), ROOT / "README.md"]
    named = {name for document in documents for name in path_of_ours.findall(text_of(document))}
    missing = sorted(name for name in named if not (ROOT / name).exists())
    assert len(named) > 200
    assert not missing


def test_every_test_named_in_a_decision_exists() -> None:
    test_of_ours = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
    named = {one for record in files_below("docs/decisions", "*.md") for one in test_of_ours.findall(text_of(record))}
    assert sorted(f"{path}::{name}" for path, name in named if f"def {name}(" not in text_of(ROOT / path)) == []
