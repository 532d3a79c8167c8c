import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.enterprise.rules import enterprise_import, filing_import
from services.registry.enterprise.rules.enterprise import LegalForm
from services.registry.enterprise.rules.enterprise_import import capital_fen, legal_form_of
from services.registry.enterprise.rules.filing import FilingFinding, Gravity
from services.registry.enterprise.rules.import_report import (
    CODE_MALFORMED,
    FILING_REFUSED,
    KINDS,
    RowGravity,
    finding,
    is_damaged,
    is_refused,
    known,
    looks_like_code,
    tally,
)
from tests.unit.registry.rule_sets import TODAY

CODE = "91500107MA5XTE8T03"
ROW = {"name": "示例", "uscc": CODE, "registered_on": "2015-01-02", "company_type": "N/A", "district": "九龙坡"}


def found(**cells: object) -> list[str]:
    """Return the codes that a line's findings have."""
    row = enterprise_import.read_row({**ROW, **cells}, broken=False, today=TODAY)
    return [one.kind.code for one in row.findings]


def test_a_clean_line_becomes_an_enterprise() -> None:
    row = enterprise_import.read_row(ROW, broken=False, today=TODAY)
    assert row.findings == ()
    assert row.terms is not None
    assert (row.terms.uscc, row.terms.unit_id, row.terms.legal_form) == (CODE, "500107", LegalForm.UNKNOWN)


@pytest.mark.parametrize(("cells", "codes"), [
    ({"uscc": CODE[:-1] + "4"}, ["code_check_failed"]),
    ({"uscc": "92500107MA5XTE8T03"}, ["code_not_company"]),
    ({"uscc": "123"}, ["code_malformed"]),
    ({"uscc": "N/A"}, ["code_malformed"]),
    ({"company_type": "分公司"}, ["no_legal_person"]),
    ({"company_type": "奇怪的类型"}, ["cell_ignored"]),
    ({"district": "北部新区"}, ["unit_mapped"]),
    ({"district": "万盛"}, ["unit_mapped"]),
    ({"district": "双桥"}, ["unit_mapped"]),
    ({"district": "渝北"}, ["unit_succeeded"]),
    ({"district": "重庆市江北区"}, ["unit_succeeded"]),
    ({"district": "N/A"}, ["unit_unknown"]),
    ({"district": "成都"}, ["unit_unknown"]),
    ({"registered_on": "2015-02-30"}, ["cell_ignored"]),
    ({"registered_on": "2030-01-01"}, ["cell_ignored"]),
    ({"name": ""}, ["cell_invalid"]),
    ({"key_field": "X"}, ["cell_invalid"]),
    ({"name": "坏\ufffd", "district": "N/A"}, ["row_damaged", "unit_unknown"]),
    ({"uscc": "九龙坡", "district": CODE}, ["row_damaged", "unit_unknown"]),
])  # fmt: skip
def test_each_flaw_of_a_line_is_named(cells: dict[str, object], codes: list[str]) -> None:
    assert found(**cells) == codes


def test_a_line_the_reader_found_broken_is_refused_whatever_it_says() -> None:
    row = enterprise_import.read_row(ROW, broken=True, today=TODAY)
    assert (row.terms, row.findings[0].kind.code) == (None, "row_damaged")


def test_the_same_cells_have_the_same_digest_in_any_order() -> None:
    turned = dict(reversed(ROW.items()))
    first, second = (enterprise_import.read_row(cells, broken=False, today=TODAY).sha256 for cells in (ROW, turned))
    assert first == second
    assert enterprise_import.read_row({**ROW, "name": "别的"}, broken=False, today=TODAY).sha256 != first


@pytest.mark.parametrize(("text", "fen"), [
    ("7,278(万人民币元)", 7_278_000_000),
    ("152,789.6400(万)", 152_789_640_000),
    ("114万人民币", 114_000_000),
    ("500元", 50_000),
    ("0(万人民币元)", 0),
    ("243.0825(万)", 243_082_500),
    ("10(万美元)", None),
    ("1.2345678(万)", None),
    ("三百万", None),
    ("9" * 5000 + "(万)", None),
])  # fmt: skip
def test_capital_becomes_whole_fen_or_stays_unknown(text: str, fen: int | None) -> None:
    assert capital_fen(text) == fen


@pytest.mark.parametrize(("text", "form"), [
    ("有限责任公司", LegalForm.LIMITED),
    ("普通合伙", LegalForm.PARTNERSHIP),
    ("个人独资企业", LegalForm.SOLE_PROPRIETORSHIP),
    ("股份合作制", LegalForm.STOCK_COOPERATIVE),
    ("集体经济", LegalForm.COLLECTIVE),
    ("非公司企业法人（集体经济）", LegalForm.NON_COMPANY_LEGAL_PERSON),
    ("branch", LegalForm.BRANCH),
    ("个体工商户", None),
])  # fmt: skip
def test_legal_forms_are_read_as_lists_write_them(text: str, form: LegalForm | None) -> None:
    assert legal_form_of(text) is form


FILING_ROW = {
    "uscc": CODE, "year": "2025", "staff": "10", "science_staff": "3", "rd_staff": "2", "senior_title_staff": "1",
    "revenue_fen": "100", "cost_expense_yuan": "1.01", "assets_fen": "5", "研发费用（万元）": "0.000001",
}  # fmt: skip


def test_amounts_in_fen_yuan_and_ten_thousand_become_whole_fen() -> None:
    row = filing_import.read_row(FILING_ROW, broken=False)
    assert row.findings == ()
    assert row.terms is not None
    assert (row.terms.revenue_fen, row.terms.cost_expense_fen, row.terms.rd_expense_fen) == (100, 101, 1)
    assert row.terms.super_deduction_fen is None


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
    row = filing_import.read_row({**FILING_ROW, **cells}, broken=False)
    assert row.terms is None
    assert [one.column for one in row.findings] == [column]


def test_what_the_formal_checks_refuse_stands_on_the_lines_own_column() -> None:
    row = filing_import.read_row(FILING_ROW, broken=False)
    refusing = FilingFinding("x", Gravity.REFUSES, "/cost_expense_fen", "问题", "problem")
    noting = FilingFinding("y", Gravity.NOTES, "/staff", "提示", "note")
    assert [(one.kind, one.column) for one in filing_import.as_row_findings((refusing, noting), row)] == [
        (FILING_REFUSED, "cost_expense_yuan")
    ]


def test_values_in_a_report_are_short_and_can_be_stored() -> None:
    one = finding(CODE_MALFORMED, "uscc", "\0\ud800" + "x" * 500)
    assert len(one.value) == 100
    assert "\0" not in one.value
    one.value.encode()


@pytest.mark.parametrize("text", ["N/A", "", "—", "无", " "])
def test_texts_that_say_nothing_are_unknown(text: str) -> None:
    assert known({"a": text}, "a") is None


def test_damage_is_seen_by_its_marks_and_by_a_code_in_another_column() -> None:
    assert is_damaged({"a": "坏\ufffd"}, CODE)
    assert is_damaged({"uscc": "名称", "name": CODE}, "名称")
    assert not is_damaged({"uscc": CODE, "name": "名称"}, CODE)
    assert looks_like_code(CODE)
    assert not looks_like_code("9150010")


def test_counts_go_by_kind_and_group() -> None:
    first = finding(CODE_MALFORMED, "a", 1, group="x")
    assert tally({"code_malformed": {"x": 1}}, [first, finding(CODE_MALFORMED, "a", 1)]) == {
        "code_malformed": {"x": 2, "": 1}
    }
    assert is_refused([first])
    assert not is_refused([])


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_of_finding_speaks_both_languages(kind) -> None:  # noqa: ANN001  # one of the kinds above
    assert kind.gravity in RowGravity
    assert all((kind.text_zh, kind.way_out_zh, kind.text_en, kind.way_out_en))
    assert not any("\u4e00" <= mark <= "\u9fff" for mark in kind.text_en + kind.way_out_en)


@given(st.dictionaries(st.sampled_from([*ROW, "capital", "x"]), st.text(max_size=30)))
def test_no_line_whatsoever_breaks_the_reader(cells: dict[str, str]) -> None:
    enterprise_import.read_row(cells, broken=False, today=TODAY)
    filing_import.read_row(cells, broken=False)
