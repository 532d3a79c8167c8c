"""The page of faults: every instant of the product, and every case, has its line and its test."""

import re

import pytest

from tests.support.source import ROOT, python_files, text_of

_MATRIX = {
    f"{letter}{number}"
    for letter, last in {"A": 10, "B": 10, "C": 10, "D": 7, "E": 9, "F": 7, "G": 5}.items()
    for number in range(1, last + 1)
}
"""The 58 faults and attacks that a suite for money must answer for; what stands beyond them was added later."""
_INSTANT = re.compile(r'reached\([a-z_."]+, "([a-z_]+)"\)')
_ID = re.compile(r'"([A-HNK]\d{1,2})"')
_FIRST_CELL = re.compile(r"^\| ([^|]+) \|", re.MULTILINE)
_ID_IN_A_ROW = re.compile(r"\b[A-G]\d{1,2}\b")
_SPAN = re.compile(r"([A-Z])(\d+)–[A-Z]?(\d+)")


def page() -> str:
    return text_of(ROOT / "docs" / "faults.md")


def named_on_the_page(text: str) -> set[str]:
    """Return the ids that a text names, spans such as A1–A4 written out."""
    spans = {
        f"{letter}{number}"
        for letter, first, last in _SPAN.findall(text)
        for number in range(int(first), int(last) + 1)
    }
    return spans | set(re.findall(r"\b[A-HNK]\d{1,2}\b", text))


CASES = named_on_the_page("A1–A11, B1–B12, C1–C4, C8, D4, D5, E1–E4, E7, F1–F5, G1, G4–G7, H1–H3, N1–N3, K0")


@pytest.mark.planted
def test_a_span_of_ids_is_read_as_all_of_them() -> None:
    assert named_on_the_page("A1–A3, C8") == {"A1", "A2", "A3", "C8"}


def test_every_instant_of_the_product_stands_on_the_page() -> None:
    text = "\n".join(text_of(path) for path in python_files("shared", "gateway", "services"))
    instants = set(_INSTANT.findall(text))
    assert len(instants) > 5
    assert {name for name in instants if f"`{name}`" not in page()} == set()


def test_every_case_has_a_test_and_a_line_on_the_page() -> None:
    text = "\n".join(text_of(path) for path in python_files("tests/fault") if "mutants" not in path.name)
    assert CASES - set(_ID.findall(text)) == set()
    cases = page().partition("## Cases")[2].partition("### Tried elsewhere")[0]
    assert CASES - named_on_the_page(cases) == set()


def test_each_of_the_fifty_eight_is_run_here_held_elsewhere_or_said_to_wait() -> None:
    elsewhere, _, waiting = page().partition("### Tried elsewhere")[2].partition("## Instants")[0].partition("### Not")
    held, waits = (set(_ID_IN_A_ROW.findall("\n".join(_FIRST_CELL.findall(text)))) for text in (elsewhere, waiting))
    assert len(_MATRIX) == 58
    assert CASES & _MATRIX | held | waits == _MATRIX
    assert [CASES & held, CASES & waits, held & waits] == [set(), set(), set()], "each stands in one place"


def test_what_is_held_elsewhere_is_a_test_or_a_command() -> None:
    rows = page().partition("### Tried elsewhere")[2].partition("### Not")[0]
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", rows))
    defined = {name for path in python_files("tests") for name in re.findall(r"def (test_\w+)", text_of(path))}
    assert len(named) > 5
    assert named - defined == set()
