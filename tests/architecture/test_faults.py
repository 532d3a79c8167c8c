"""The page of faults: every instant of the product, and every case, has its line and its test."""

import re

import pytest

from tests.support.source import ROOT, python_files, text_of

CASES = (
    {f"A{number}" for number in range(1, 11)}
    | {f"B{number}" for number in range(1, 11)}
    | {
        "C1",
        "C2",
        "C3",
        "C4",
        "C8",
        "E1",
        "E2",
        "E3",
        "E4",
        "E7",
        "F1",
        "F2",
        "F3",
        "F4",
        "F5",
        "F6",
        "G1",
        "G4",
        "G5",
        "N1",
        "K0",
    }
)
_INSTANT = re.compile(r'reached\([a-z_."]+, "([a-z_]+)"\)')
_ID = re.compile(r'"([ABCEFGNK]\d{1,2})"')
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
    return spans | set(re.findall(r"\b[ABCEFGNK]\d{1,2}\b", text))


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
    cases = page().partition("## Cases")[2].partition("## Instants")[0]
    assert CASES - named_on_the_page(cases) == set()
