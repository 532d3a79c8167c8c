from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.enterprise.rules import enterprise_import, enterprise_list, filing_import
from services.registry.enterprise.rules.enterprise import LegalForm
from services.registry.enterprise.rules.enterprise_import import EnterpriseLine
from services.registry.enterprise.rules.filing import FilingFinding, Gravity
from services.registry.enterprise.rules.filing_import import FilingLine
from services.registry.enterprise.rules.import_findings import FILING_REFUSED, KINDS
from services.registry.enterprise.rules.legal_form import legal_form_in_name, legal_form_of
from shared.table.finding import FindingKind, RowGravity, is_refused, texts
from shared.table.row import ReadLine
from tests.support.listing import cells_under
from tests.unit.registry.rule_sets import TODAY

CODE = "91500107MA5XTE8T03"
ROW = {"name": "示例", "uscc": CODE, "registered_on": "2015-01-02", "company_type": "N/A", "district": "九龙坡"}


def read(cells: dict[str, object], **options: bool) -> ReadLine[EnterpriseLine]:
    return enterprise_import.read_line(cells_under(enterprise_list.FORM, cells, **options), TODAY)


def filing(cells: dict[str, str]) -> ReadLine[FilingLine]:
    return filing_import.read_line(cells_under(filing_import.FORM, cells), TODAY)


def found(**cells: object) -> list[str]:
    """Return the codes that a line's findings have."""
    return [one.kind.code for one in read({**ROW, **cells}).findings]


def test_a_clean_line_becomes_an_enterprise() -> None:
    line = read(ROW)
    assert line.findings == ()
    assert line.value is not None
    terms = line.value.terms
    assert (terms.uscc, terms.unit_id, terms.legal_form) == (CODE, "500107", LegalForm.UNKNOWN)


@pytest.mark.parametrize(("cells", "codes"), [
    ({"uscc": CODE[:-1] + "4"}, ["code_check_failed"]),
    ({"uscc": "92500107MA5XTE8T03"}, ["code_not_company"]),
    ({"uscc": "123"}, ["code_malformed"]),
    ({"uscc": "N/A"}, ["code_malformed"]),
    ({"company_type": "分公司"}, ["no_legal_person"]),
    ({"company_type": "奇怪的类型"}, ["cell_ignored"]),
    ({"company_type": "个体工商户"}, ["no_legal_person"]),
    ({"company_type": "外国（地区）企业常驻代表机构"}, ["no_legal_person"]),
    ({"company_type": "有限责任公司分公司（非法人）"}, ["no_legal_person"]),
    ({"name": "示例石油有限公司重庆分公司北山加油站"}, ["no_legal_person"]),
    ({"name": "示例石油有限公司重庆分公司", "company_type": "有限责任公司"}, []),
    ({"uscc": f"'{CODE}"}, ["code_folded"]),
    ({"uscc": CODE.lower()}, ["code_folded"]),
    ({"uscc": f"{CODE[:9]} \u200b{CODE[9:]}"}, ["code_folded"]),
    ({"uscc": "９" + CODE[1:]}, ["code_folded"]),
    ({"district": "500107"}, []),
    ({"district": "CQ-GX"}, []),
    ({"district": "500157"}, []),
    ({"district": "500112"}, ["unit_succeeded"]),
    ({"district": "500222"}, ["unit_mapped"]),
    ({"district": "北碚", "address": "重庆市北碚区水土街道1号"}, ["unit_area_moved"]),
    ({"capital": "10万美元"}, ["amount_foreign"]),
    ({"capital": "1000"}, ["amount_without_unit"]),
    ({"capital": "一百万"}, ["cell_ignored"]),
    ({"registered_on": "2015/1/2"}, []),
    ({"registered_on": "2015年1月2日"}, []),
    ({"registered_on": "42006"}, []),
    ({"registered_on": "2020-W05-1"}, ["date_invalid"]),
    ({"registered_on": "2020-01-05xyz"}, ["date_invalid"]),
    ({"district": "北部新区"}, ["unit_mapped"]),
    ({"district": "万盛"}, ["unit_mapped"]),
    ({"district": "双桥"}, ["unit_mapped"]),
    ({"district": "渝北"}, ["unit_succeeded"]),
    ({"district": "重庆市江北区"}, ["unit_succeeded"]),
    ({"district": "N/A"}, ["unit_unknown"]),
    ({"district": "成都"}, ["unit_unknown"]),
    ({"registered_on": "2015-02-30"}, ["date_invalid"]),
    ({"registered_on": "2030-01-01"}, ["founded_in_future"]),
    ({"name": ""}, ["cell_missing"]),
    ({"key_field": "X"}, ["cell_invalid"]),
    ({"uscc": "九龙坡", "district": CODE}, ["row_damaged", "unit_unknown"]),
])  # fmt: skip
def test_each_flaw_of_a_line_is_named(cells: dict[str, object], codes: list[str]) -> None:
    assert found(**cells) == codes


def test_a_cell_that_cannot_be_kept_says_why_in_both_languages() -> None:
    [one] = read({**ROW, "name": "示例\u202e甲"}).findings
    words = texts(one.kind, dict(one.details))
    assert (one.kind.code, one.column) == ("cell_invalid", "name")
    assert "U+202E" in one.value
    assert all("U+202E" in words[name] for name in ("text_zh", "text_en"))


def test_a_line_that_the_reader_of_the_file_found_damaged_is_refused_whatever_it_says() -> None:
    line = read({**ROW, "district": "坏\ufffd"}, is_damaged=True)
    assert line.value is None
    assert [(one.kind.code, one.group) for one in line.findings] == [("unit_unknown", "damaged")]


def test_the_examples_of_the_templates_are_lines_without_fault() -> None:
    enterprise = {column.title_zh: column.example for column in enterprise_list.FORM.columns}
    year = {column.title_zh: column.example for column in filing_import.FORM.columns}
    for line in (read(dict(enterprise)), filing(year)):
        assert line.value is not None
        assert line.findings == ()


def test_the_same_cells_have_the_same_digest_in_any_order_and_beside_any_other_column() -> None:
    turned = {**dict(reversed(ROW.items())), "经营范围": "其他"}
    digests = [line.value.sha256 for cells in (ROW, turned) if (line := read(cells)).value is not None]
    assert len(set(digests)) == 1
    assert len(digests) == 2
    other = read({**ROW, "name": "别的"}).value
    assert other is not None
    assert other.sha256 not in digests


@pytest.mark.parametrize(("column", "text", "fen"), [
    ("capital", "7,278(万人民币元)", 7_278_000_000),
    ("注册资本（万元）", "1,000", 1_000_000_000),
    ("注册资本（万元）", "500元", 50_000),
    ("注册资本（分）", "12345", 12_345),
    ("注册资本 registered capital", "1亿元", 10_000_000_000),
    ("注册资本", "0", 0),
    ("注册资本", "5万欧元", None),
])  # fmt: skip
def test_capital_is_read_in_the_unit_of_its_heading_or_of_its_cell(column: str, text: str, fen: int | None) -> None:
    line = read({**ROW, column: text})
    assert line.value is not None
    assert line.value.terms.registered_capital_fen == fen


@pytest.mark.parametrize(("text", "form"), [
    ("有限责任公司", LegalForm.LIMITED),
    ("普通合伙", LegalForm.PARTNERSHIP),
    ("个人独资企业", LegalForm.SOLE_PROPRIETORSHIP),
    ("股份合作制", LegalForm.STOCK_COOPERATIVE),
    ("集体经济", LegalForm.COLLECTIVE),
    ("非公司企业法人（集体经济）", LegalForm.NON_COMPANY_LEGAL_PERSON),
    ("branch", LegalForm.BRANCH),
    ("个体工商户", LegalForm.INDIVIDUAL_BUSINESS),
    ("常驻代表机构", LegalForm.REPRESENTATIVE_OFFICE),
    ("全民所有制分支机构(非法人)", LegalForm.BRANCH),
    ("国有企业(非法人)", LegalForm.UNINCORPORATED),
    ("不详", LegalForm.UNKNOWN),
    ("奇怪的类型", None),
])  # fmt: skip
def test_legal_forms_are_read_as_lists_write_them(text: str, form: LegalForm | None) -> None:
    assert legal_form_of(text) is form


FILING_ROW = {
    "uscc": CODE, "year": "2025", "staff": "10", "science_staff": "3", "rd_staff": "2", "senior_title_staff": "1",
    "revenue_fen": "100", "cost_expense_yuan": "1.01", "assets_fen": "5", "研发费用（万元）": "0.000001",
}  # fmt: skip


@pytest.mark.parametrize(("name", "form"), [
    ("示例有限公司重庆分公司", LegalForm.BRANCH),
    ("示例有限公司重庆分公司北山加油站", LegalForm.BRANCH),
    ("示例公司重庆代表处", LegalForm.REPRESENTATIVE_OFFICE),
    ("示例事务所（普通合伙）", LegalForm.PARTNERSHIP),
    ("示例厂(非法人)", LegalForm.UNINCORPORATED),
    ("重庆分公司管理有限公司", None),
    ("示例科技有限公司", None),
])  # fmt: skip
def test_a_name_shows_the_form_where_the_type_says_nothing(name: str, form: LegalForm | None) -> None:
    assert legal_form_in_name(name) is form


def test_amounts_in_fen_yuan_and_ten_thousand_become_whole_fen() -> None:
    line = filing(FILING_ROW)
    assert line.findings == ()
    assert line.value is not None
    terms = line.value.terms
    assert (terms.revenue_fen, terms.cost_expense_fen, terms.rd_expense_fen) == (100, 101, 1)
    assert terms.super_deduction_fen is None


@pytest.mark.parametrize(("cells", "column"), [
    ({"cost_expense_yuan": "1.005"}, "cost_expense_yuan"),
    ({"staff": "十"}, "staff"),
    ({"staff": ""}, "staff"),
    ({"staff": "-1"}, "staff"),
    ({"staff": "NaN"}, "staff"),
    ({"revenue_fen": "1e400"}, "revenue_fen"),
    ({"revenue_fen": "1e999999999"}, "revenue_fen"),
    ({"revenue_fen": "1e9999999999999999999"}, "revenue_fen"),
    ({"revenue_fen": "Infinity"}, "revenue_fen"),
    ({"year": "x"}, "year"),
])  # fmt: skip
def test_a_cell_that_is_no_whole_amount_is_refused_by_its_column(cells: dict[str, str], column: str) -> None:
    line = filing({**FILING_ROW, **cells})
    assert line.value is None
    assert [one.column for one in line.findings] == [column]


def test_what_the_formal_checks_refuse_stands_on_the_lines_own_column() -> None:
    refusing = FilingFinding("x", Gravity.REFUSES, "/cost_expense_fen", "问题", "problem")
    noting = FilingFinding("y", Gravity.NOTES, "/staff", "提示", "note")
    cells = cells_under(filing_import.FORM, FILING_ROW)
    (one,) = filing_import.as_row_findings((refusing, noting), cells)
    assert (one.kind, one.column, one.value, one.group) == (FILING_REFUSED, "cost_expense_yuan", "1.01", "x")
    assert "问题" in texts(one.kind, dict(one.details))["text_zh"]


@pytest.mark.parametrize("kind", KINDS, ids=[kind.code for kind in KINDS])
def test_every_kind_of_finding_speaks_both_languages(kind: FindingKind) -> None:
    assert kind.gravity in RowGravity
    assert all((kind.text_zh, kind.way_out_zh, kind.text_en, kind.way_out_en))
    assert not any("\u4e00" <= mark <= "\u9fff" for mark in kind.text_en + kind.way_out_en)


@given(st.dictionaries(st.sampled_from([*ROW, "capital", "address"]), st.text(max_size=30), min_size=1))
def test_no_line_whatsoever_breaks_the_reader(cells: dict[str, Any]) -> None:
    line = read(cells)
    assert (line.value is None) == is_refused(line.findings)
    assert (other := filing(cells)).value is None or not is_refused(other.findings)
