"""Every number of a rule set is shown with its source, its day and how far it can be trusted."""

import re
from datetime import date
from typing import Any

import pytest

from shared.policy.book import RuleBook
from shared.policy.number import cell_number, parameter_number, parameter_numbers
from shared.policy.number_read import NumberRead
from shared.policy.problem import RuleSetInvalid
from shared.policy.trust import Trust, trust_of
from shared.web.operations import RuleSetVersion, rule_set_versions
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


def numbers_shown(page: RuleSetRead) -> list[NumberRead]:
    """Return every number of the page of a rule set: its parameters, what rows give, and where rows begin."""
    rows = [row for table in page.tables for row in table.rows]
    cells = [part.number for row in rows for part in row.gives]
    cells += [part.number for row in rows for part in row.conditions]
    return [*page.parameters, *(one for one in cells if one is not None)]


def test_a_parameter_tells_measure_words_source_article_day_and_confidence() -> None:
    number = parameter_number(FINANCE.pick("loan_terms", date(2026, 6, 10)), "term_months_max")
    assert (number.value, number.measure, number.value_text_zh) == (12, "months", "12 个月")
    assert (number.confidence, number.article, number.source_on) == ("reported", "第二条", date(2022, 6, 18))


def test_the_whole_is_known_no_better_than_its_weakest_number() -> None:
    found = trust_of(FINANCE.pick("loan_terms", date(2026, 6, 10)))
    assert (found.official, found.weakest) == (0, "assumed")
    assert found.reported + found.assumed == 13
    assert found.text_zh == f"官方 0 项、转载 {found.reported} 项、推定 {found.assumed} 项"
    assert found.text_en == f"0 official, {found.reported} reported, {found.assumed} assumed"
    assert (Trust(1, 0, 0).weakest, Trust(1, 1, 0).weakest, Trust(0, 0, 0).weakest) == ("official", "reported", None)


@pytest.mark.parametrize("service", SERVICES)
def test_the_version_page_names_the_one_version_of_each_policy_that_decides_and_how_it_is_known(service: str) -> None:
    book, today = BOOKS[service], date(2026, 6, 10)
    rows = [RuleSetVersion.model_validate(one) for one in rule_set_versions(service, book, today=today)]
    assert {(one.policy, one.version) for one in rows} == {(one.policy, one.version) for one in book.rule_sets}
    deciding = {one.policy: one for one in rows if one.decides_today}
    assert len(deciding) == sum(one.decides_today for one in rows)
    for policy in {one.policy for one in rows}:
        assert deciding[policy].version == book.pick(policy, today).version
    for one in deciding.values():
        assert one.valid_from_on <= today
        assert all((one.title_zh, one.title_en, one.source_doc, one.source_no, one.weakest_confidence))
        assert "推定" in one.confidence_text_zh
        assert "assumed" in one.confidence_text_en


def test_a_limit_of_a_grade_is_reported_and_its_band_assumed() -> None:
    rules = FINANCE.pick("kvc_evaluation", date(2026, 6, 10))
    limit = cell_number(rules, "grade", "a", "limit_fen", 500_000_000)
    band = cell_number(rules, "grade", "a", "score_milli", 80_000)
    assert limit is not None
    assert band is not None
    assert (limit.confidence, limit.source_on, limit.value_text_zh) == ("reported", date(2023, 8, 11), "500万元")
    assert (band.confidence, band.value_text_zh) == ("assumed", "80 分")


def test_a_cell_reads_in_words_as_what_it_is_counted_in() -> None:
    told = {
        f"{rules.policy}.{number.name}": number.value_text_zh
        for book in BOOKS.values()
        for rules in book.deciding(date(2026, 6, 10))
        for number in numbers_shown(RuleSetRead.of(rules, book))
    }
    # A score is no share of anything, and no number of rights; a day has no thousands.
    assert told["kvc_evaluation.rd_ratio.t1.points_milli"] == "40 分"
    assert told["kvc_evaluation.rd_ratio.t1.rd_ratio_ppm"] == "10%"
    assert told["tech_sme_evaluation.class_1_rights.t1.points_milli"] == "30 分"
    assert told["tech_sme_evaluation.class_1_rights.t1.class_1_count"] == "1 项"
    assert told["lpr_1y.lpr.from_20250520.contract_day_number"] == "2025-05-20"
    assert told["lpr_1y.recorded_until_month"] == "2026-07"
    assert told["listing_terms.review_working_days"] == "10 个工作日"
    assert told["listing_terms.stage.t1.early"] == "是"
    assert told["tech_sme_evaluation.award_rank_max"] == "第 3 位"
    assert [name for name, text in told.items() if re.search(r"20,\d{3},\d{3}|20\d,\d{3}$", text)] == []


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
            bands = [
                band
                for table in shown.tables
                for row in table.rows
                for band in row.conditions
                if band.low is not None or band.high is not None or band.texts
            ]
            assert [band.column for band in bands if band.number is None] == []


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


def test_a_code_of_ours_is_shown_by_its_word() -> None:
    kinds = parameter_number(BOOKS["ipr"].pick("ip_portfolio", date(2026, 6, 1)), "high_value_kinds")
    assert (kinds.value_text_zh, kinds.value_text_en) == ("发明专利", "invention patent")
    titles = parameter_number(BOOKS["registry"].pick("tech_enterprise_register", date(2026, 6, 1)), "titles_accepted")
    assert titles.value_text_zh == "高新技术企业、科技型中小企业"
    for book in BOOKS.values():
        for rules in book.rule_sets:
            words = [(one.name, one.value_text_zh) for one in parameter_numbers(rules)]
            assert [name for name, zh in words if re.search(r"[A-Z]{3,}", zh)] == [], rules.policy
