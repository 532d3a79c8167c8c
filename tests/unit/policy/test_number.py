"""Every number of a rule set is shown with its source, its day and how far it can be trusted."""

from datetime import date
from typing import Any

import pytest

from shared.policy.book import RuleBook
from shared.policy.number import cell_number, parameter_number, parameter_numbers
from shared.policy.problem import RuleSetInvalid
from shared.web.rule_set_read import RuleSetRead
from tests.support.policy import document, rule_set
from tests.support.source import ROOT, SERVICES

BOOKS = {service: RuleBook.from_folder(ROOT / "services" / service / "policies") for service in SERVICES}
FINANCE = BOOKS["finance"]


def cell(**changes: Any) -> dict[str, Any]:
    """Return the source of a verdict, as a file holds it."""
    return {
        "table": "verdict",
        "column": "passed",
        "measure": "flag",
        "confidence": "assumed",
        "source": "示例",
        "article": "第一条",
        "label_zh": "结论",
        "label_en": "verdict",
    } | changes


def test_a_parameter_tells_measure_words_source_article_day_and_confidence() -> None:
    number = parameter_number(FINANCE.pick("loan_terms", date(2026, 6, 10)), "term_months_max")
    assert (number.value, number.measure, number.value_text_zh) == (12, "months", "12 个月")
    assert (number.confidence, number.article, number.source_on) == ("reported", "第二条", date(2022, 6, 18))


def test_a_limit_of_a_grade_is_reported_and_its_band_assumed() -> None:
    rules = FINANCE.pick("kvc_evaluation", date(2026, 6, 10))
    limit = cell_number(rules, "grade", "a", "limit_fen", 500_000_000)
    band = cell_number(rules, "grade", "a", "score_milli", 80_000)
    assert limit is not None
    assert band is not None
    assert (limit.confidence, limit.source_on, limit.value_text_zh) == ("reported", date(2023, 8, 11), "500万元")
    assert (band.confidence, band.value_text_zh) == ("assumed", "80 分")


def test_of_the_first_pilot_only_top_and_bottom_were_reported() -> None:
    rules = FINANCE.pick("kvc_evaluation", date(2019, 6, 10))
    told = {row: cell_number(rules, "grade", row, "limit_fen", 1) for row in "abcde"}
    assert {row: one.confidence for row, one in told.items() if one} == {
        "a": "reported",
        "b": "assumed",
        "c": "assumed",
        "d": "assumed",
        "e": "reported",
    }


@pytest.mark.parametrize("service", SERVICES)
def test_every_rule_set_that_decides_shows_all_its_numbers(service: str) -> None:
    book = BOOKS[service]
    for one in book.rule_sets:
        shown = RuleSetRead.of(one, book)
        assert len(shown.parameters) == len(parameter_numbers(one)) == len(one.parameters)
        assert all(number.source and number.value_text_zh for number in shown.parameters)
        if shown.superseded_by is None:
            cells = [cell for table in shown.tables for row in table.rows for cell in row.gives if cell.column != "row"]
            assert all(cell.number is not None for cell in cells)


@pytest.mark.parametrize(
    "wrong", [cell(table="nowhere"), cell(column="nothing"), cell(rows=["z"]), cell(confidence="sure"), cell(extra=1)]
)
def test_a_source_of_cells_that_are_not_there_is_refused(wrong: dict[str, Any]) -> None:
    changed = document()
    changed["cells"] = [cell()]
    assert len(rule_set(changed).cells) == 1
    changed["cells"] = [wrong]
    with pytest.raises(RuleSetInvalid):
        rule_set(changed)
