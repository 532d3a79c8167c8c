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


def correction(number: str, supersedes: str, begins: str, ends: str | None) -> Any:
    """Return the example as a version that corrects another one."""
    changed = document()
    changed["header"] |= {
        "version": number,
        "supersedes": supersedes,
        "effective_from": begins,
        "effective_to": ends,
        "status": "published",
    }
    return rule_set(changed)


def test_a_correction_answers_for_the_days_it_covers_and_the_corrected_version_stays_for_replay() -> None:
    fixed = correction("2022.2", "2022.1", "2022-03-01", "2023-12-31")
    book = RuleBook([OLD, fixed, NEW])
    assert book.pick("example_score", date(2022, 2, 28)) is OLD
    assert book.pick("example_score", date(2022, 3, 1)) is fixed
    assert book.pick("example_score", date(2024, 1, 1)) is NEW
    assert book.by_sha256(OLD.sha256) is OLD
    assert book.superseded_by(OLD) is fixed
    assert [one.version for one in book.history("example_score")] == ["2022.1", "2022.2", "2024.1"]


def test_a_correction_of_a_correction_wins_over_both() -> None:
    again = correction("2022.3", "2022.2", "2022-01-01", "2023-12-31")
    book = RuleBook([OLD, correction("2022.2", "2022.1", "2022-01-01", "2023-12-31"), again])
    assert book.pick("example_score", date(2022, 6, 1)) is again


@pytest.mark.parametrize(
    ("corrections", "problem"),
    [
        ([("2022.2", "2022.7")], "not there"),
        ([("2022.2", "2022.1"), ("2022.3", "2022.1")], "two"),
        ([("2022.2", "2022.3"), ("2022.3", "2022.2")], "circle"),
    ],
)
def test_a_correction_of_nothing_two_of_one_and_a_circle_are_refused(
    corrections: list[tuple[str, str]], problem: str
) -> None:
    others = [correction(number, earlier, "2022-01-01", "2023-12-31") for number, earlier in corrections]
    with pytest.raises(RuleSetInvalid, match=problem):
        RuleBook([OLD, *others])


def test_a_rule_set_outlives_its_legal_basis_by_a_recorded_decision_only() -> None:
    basis = {"ended_on": "2025-12-31", "note_zh": "行动计划已届满", "note_en": "the plan has ended"}
    changed = document()
    changed["header"] |= {"effective_to": None, "legal_basis": basis}
    with pytest.raises(RuleSetInvalid, match="recorded decision"):
        rule_set(changed)
    changed["header"]["effective_to"] = "2025-12-31"
    assert rule_set(changed).header.legal_basis is not None
    changed["header"]["effective_to"] = None
    changed["header"]["legal_basis"] = basis | {"continued_by": "决定第1号", "continued_on": "2026-01-05"}
    assert rule_set(changed).header.legal_basis is not None
