"""The day of the decision picks the version; two published versions never share a day."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shared.kernel.errors import Refusal
from shared.policy.book import RuleBook
from shared.policy.rule_set import RuleSetInvalid
from tests.support.policy import EXAMPLE, document, rule_set
from tests.support.source import ROOT, SERVICES


def version(number: str, begins: str, ends: str | None, status: str = "published") -> Any:
    """Return the example under another version and period."""
    changed = document()
    changed["header"] |= {"version": number, "effective_from": begins, "effective_to": ends, "status": status}
    return rule_set(changed)


OLD = version("2022.1", "2022-01-01", "2023-12-31")
NEW = version("2024.1", "2024-01-01", None)
DRAFT = version("2021.9", "2021-06-01", None, "draft")
RETIRED = version("2021.8", "2021-07-01", "2022-12-31", "retired")


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2022, 1, 1), "2022.1"),
        (date(2022, 7, 1), "2022.1"),
        (date(2023, 12, 31), "2022.1"),
        (date(2024, 1, 1), "2024.1"),
        (date(2099, 1, 1), "2024.1"),
    ],
)
def test_both_ends_of_a_period_belong_to_it_and_drafts_are_never_picked(on: date, expected: str) -> None:
    assert RuleBook([NEW, DRAFT, OLD, RETIRED]).pick("example_score", on).version == expected


@pytest.mark.parametrize(("policy", "on"), [("example_score", date(2021, 12, 31)), ("other", date(2024, 1, 1))])
def test_a_day_without_a_version_is_refused(policy: str, on: date) -> None:
    with pytest.raises(Refusal) as caught:
        RuleBook([OLD, NEW]).pick(policy, on)
    assert caught.value.code.code == "rule_set_not_in_force"
    assert caught.value.details == {"policy": policy, "on": on}


def test_any_version_is_found_by_its_hash() -> None:
    book = RuleBook([OLD, DRAFT])
    assert book.by_sha256(DRAFT.sha256) is DRAFT
    assert book.by_sha256("0" * 64) is None


@pytest.mark.parametrize("begins", ["2023-12-31", "2021-01-01"])
def test_two_published_versions_that_share_a_day_are_refused(begins: str) -> None:
    with pytest.raises(RuleSetInvalid, match="both in force"):
        RuleBook([OLD, version("2023.1", begins, None)])


def test_one_version_twice_is_refused() -> None:
    with pytest.raises(RuleSetInvalid, match="there twice"):
        RuleBook([OLD, version("2022.1", "2025-01-01", None, "draft")])


def test_a_folder_is_read_whole_and_names_are_held_to(tmp_path: Path) -> None:
    (tmp_path / EXAMPLE.name).write_bytes(EXAMPLE.read_bytes())
    assert [one.policy for one in RuleBook.from_folder(tmp_path).rule_sets] == ["example_score"]
    (tmp_path / "example_score-2022.2.json").write_bytes(EXAMPLE.read_bytes())
    with pytest.raises(RuleSetInvalid, match="its name says other") as caught:
        RuleBook.from_folder(tmp_path)
    assert caught.value.file == "example_score-2022.2.json"


@pytest.mark.parametrize("service", SERVICES)
def test_every_shipped_rule_set_passes_its_checks(service: str) -> None:
    assert RuleBook.from_folder(ROOT / "services" / service / "policies").rule_sets
