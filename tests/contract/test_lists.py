"""Every list that a role works with is taken away and counted with its own filters; who has none is named."""

import copy
from typing import Any

import pytest

from tests.support.contracts import SERVICES, application
from tests.support.lists import WITHOUT_COUNTS, WITHOUT_EXPORT, exported_nouns, faults_of, lists_of

PAGED = {"limit", "cursor"}


@pytest.fixture(scope="module")
def documents() -> dict[str, dict[str, Any]]:
    """What each service says of itself."""
    return {name: application(name).openapi() for name in SERVICES}


@pytest.mark.parametrize("name", SERVICES)
def test_every_list_has_an_export_and_counts_with_its_own_filters(
    name: str, documents: dict[str, dict[str, Any]]
) -> None:
    assert len(list(lists_of(documents[name]))) > 3
    assert faults_of(documents[name]) == []


@pytest.mark.parametrize("name", SERVICES)
def test_every_paged_list_can_be_sorted_and_narrowed(name: str, documents: dict[str, dict[str, Any]]) -> None:
    bare = [
        one.path
        for one in lists_of(documents[name])
        if one.path not in WITHOUT_EXPORT and one.parameters & PAGED and not one.parameters - PAGED > {"sort"}
    ]
    assert bare == []


def test_no_list_is_excused_that_does_not_exist_or_has_what_it_is_excused_for(
    documents: dict[str, dict[str, Any]],
) -> None:
    found = {one.path for document in documents.values() for one in lists_of(document)}
    taken = {f"/v1/{noun}" for document in documents.values() for noun in exported_nouns(document)}
    assert sorted(WITHOUT_EXPORT.keys() - found) == []
    assert sorted(WITHOUT_EXPORT.keys() & taken) == []
    assert sorted(WITHOUT_COUNTS.keys() - taken) == []
    assert all(WITHOUT_EXPORT.values())


def test_a_new_list_without_an_export_or_with_other_filters_would_be_found(
    documents: dict[str, dict[str, Any]],
) -> None:
    document = copy.deepcopy(documents["finance"])
    document["paths"]["/v1/guarantees"] = {"get": copy.deepcopy(document["paths"]["/v1/loans"]["get"])}
    del document["paths"]["/v1/exports/covers.{file_format}"]
    del document["paths"]["/v1/drawdowns/counts"]
    parameters = document["paths"]["/v1/exports/banks.{file_format}"]["get"]["parameters"]
    parameters[:] = [one for one in parameters if one["name"] != "status"]
    told = " ".join(faults_of(document))
    for word in (
        "/v1/guarantees has no export",
        "/v1/guarantees has no counts",
        "/v1/covers has no export",
        "/v1/drawdowns has no counts",
        "/v1/exports/banks.{file_format} takes other filters",
    ):
        assert word in told
