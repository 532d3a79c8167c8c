"""One cell at a time: amounts, codes, days, whole numbers, and what is shown of them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.enterprise.rules.filing_import import FORM as FILINGS
from services.techtransfer.listing.rules.listing_list import NEEDS
from shared.kernel.errors import Refusal, RefusalCode
from shared.table.amount import read_amount
from shared.table.column import ListForm
from shared.table.finding import FindingKind, RowGravity, finding, from_refusal, is_refused, texts, visible
from shared.table.kinds import GENERAL
from shared.table.read import (
    code_elsewhere,
    folded_code,
    looks_like_code,
    missing_or_invalid,
    read_choice,
    read_code,
    read_day,
    read_money,
    read_whole,
    whole_number,
)
from shared.table.word import folded_word
from tests.support.listing import cells_under, form_of

FORM = form_of("代码", "日期", "金额", codes=("代码",))
CODE = "91500107MA5XTE8T03"


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("100万人民币", 100_000_000),
        ("1000(万元)", 1_000_000_000),
        ("50(万元(人民币))", 50_000_000),
        ("100万元整", 100_000_000),
        ("1亿元", 10_000_000_000),
        ("1.5亿", 15_000_000_000),
        ("7,278(万人民币元)", 7_278_000_000),
        ("152,789.6400(万)", 152_789_640_000),
        ("１，０００万元", 1_000_000_000),
        ("1,234,567.89元", 123_456_789),
        ("人民币50万元", 50_000_000),
        ("￥300.00", 30_000),
        ("RMB 20万", 20_000_000),
        ("3百万元", 300_000_000),
        ("2千万元人民币", 2_000_000_000),
        ("500 万 元", 50_000_000 * 10),
        ("0", 0),
        ("0.00(万)", 0),
    ],
)
def test_amounts_are_read_as_registers_write_them(text: str, fen: int) -> None:
    amount = read_amount(text)
    assert (amount.fen, amount.currency, amount.reason) == (fen, "CNY", None)


@pytest.mark.parametrize(
    ("text", "reason", "currency"),
    [
        ("10(万美元)", "amount_foreign", "USD"),
        ("USD 5,000", "amount_foreign", "USD"),
        ("325(万香港元)", "amount_foreign", "HKD"),
        ("2亿日元", "amount_foreign", "JPY"),
        ("5万欧元", "amount_foreign", "EUR"),
        ("1000", "amount_without_unit", "CNY"),
        ("1.2345678(万)", "amount_below_fen", "CNY"),
        ("9" * 24 + "万", "amount_too_large", "CNY"),
        ("三百万", "cell_ignored", "CNY"),
        ("1,00万", "cell_ignored", "CNY"),
        ("-5万元", "cell_ignored", "CNY"),
        ("约100万元", "cell_ignored", "CNY"),
        ("9" * 5000, "cell_ignored", "CNY"),
    ],
)
def test_an_amount_that_is_not_known_has_its_reason(text: str, reason: str, currency: str) -> None:
    amount = read_amount(text)
    assert amount.reason is not None
    assert (amount.fen, amount.reason.code, amount.currency) == (None, reason, currency)


def test_a_bare_number_has_the_unit_of_its_heading_and_a_named_unit_wins() -> None:
    assert read_amount("1,000", 1_000_000).fen == 1_000_000_000
    assert read_amount("1000元", 1_000_000).fen == 100_000
    assert read_amount("0.001", 100).reason is not None


@given(st.integers(0, 8_999_999_999), st.integers(0, 9999))
def test_ten_thousands_with_four_places_are_exact(whole: int, places: int) -> None:
    assert read_amount(f"{whole:,}.{places:04d}(万)").fen == whole * 1_000_000 + places * 100


@given(st.text(max_size=40))
def test_no_cell_breaks_the_reader_of_amounts(text: str) -> None:
    amount = read_amount(text)
    assert (amount.fen is None) == (amount.reason is not None)


def test_a_code_is_folded_and_what_was_folded_is_noted_visibly() -> None:
    code, found = read_code(cells_under(FORM, {"代码": f"'{CODE[:9]}\u200b {CODE[9:].lower()}"}), "代码")
    assert code == CODE
    [one] = found
    assert (one.kind.code, one.kind.gravity) == ("code_folded", RowGravity.NOTED)
    assert "⟨U+200B⟩" in one.value
    assert read_code(cells_under(FORM, {"代码": CODE}), "代码") == (CODE, [])
    assert folded_code("x" * 500) == "x" * 500


@pytest.mark.parametrize("text", ["2020/1/5", "2020-1-5", "2020.1.5", "2020年1月5日", "20200105", "43835"])
def test_the_days_of_offices_are_read(text: str) -> None:
    assert read_day(cells_under(FORM, {"日期": text}), "日期") == (date(2020, 1, 5), [])


def test_a_book_that_counts_from_1904_is_read_as_it_counts() -> None:
    assert read_day(cells_under(FORM, {"日期": "42373"}, epoch_1904=True), "日期")[0] == date(2020, 1, 5)


@pytest.mark.parametrize("text", ["2020-W05-1", "2020-01-05xyz", "2020-02-30", "去年", "20-1-5"])
def test_what_is_no_day_is_a_finding_on_its_column(text: str) -> None:
    day, found = read_day(cells_under(FORM, {"日期": text}), "日期")
    assert day is None
    assert [(one.kind.code, one.column, one.value) for one in found] == [("date_invalid", "日期", text)]


def test_an_amount_that_is_not_known_is_noted_by_its_currency() -> None:
    amount, [one] = read_money(cells_under(FORM, {"金额": "10万美元"}), "金额")
    assert amount is not None
    assert (amount.fen, one.group) == (None, "USD")
    assert read_money(cells_under(FORM, {"金额": "—"}), "金额") == (None, [])


@pytest.mark.parametrize(
    ("text", "scale", "number"),
    [
        ("1,000", 1, 1_000),
        ("1.5", 100, 150),
        ("1.005", 100, None),
        ("NaN", 1, None),
        ("1e400", 1, None),
        ("十", 1, None),
    ],
)
def test_whole_numbers_are_never_rounded(text: str, scale: int, number: int | None) -> None:
    assert whole_number(text, scale) == number


@pytest.mark.parametrize(
    ("form", "field", "text", "number"),
    [
        (FILINGS, "year", "2025年", 2025),
        (FILINGS, "year", "2025 年度", 2025),
        (FILINGS, "staff", "1,200人", 1_200),
        (FILINGS, "innovative_products", "3项", 3),
        (FILINGS, "staff", "100年", None),
        (FILINGS, "staff", "人", None),
        (FILINGS, "staff", "约100人", None),
        (NEEDS, "trl_wanted", "6级", 6),
        (NEEDS, "solution_months", "18个月", 18),
        (NEEDS, "solution_months", "2年", None),
    ],
)
def test_a_measure_of_its_column_may_stand_behind_a_number(
    form: ListForm, field: str, text: str, number: int | None
) -> None:
    assert read_whole(cells_under(form, {form.column(field).title_zh: text}), field, form) == number


@pytest.mark.parametrize("text", ["N/A", "", "—", "无", " ", "#N/A", "/"])
def test_texts_that_say_nothing_are_unknown(text: str) -> None:
    assert cells_under(FORM, {"代码": text.strip()}).text("代码") is None


def test_a_choice_is_read_by_code_or_word_in_any_dress() -> None:
    words = {folded_word("有限责任公司"): 1, folded_word("LIMITED"): 1}
    for text in ("有限责任公司", "有限 责任公司", "（有限责任公司）", "limited", "ＬＩＭＩＴＥＤ"):
        assert read_choice(cells_under(FORM, {"代码": text}), "代码", words) == 1
    assert read_choice(cells_under(FORM, {"代码": "其他"}), "代码", words) is None


def test_a_code_in_another_column_shows_that_the_columns_are_shifted() -> None:
    assert code_elsewhere(cells_under(FORM, {"代码": "名称", "日期": CODE}), "代码")
    assert not code_elsewhere(cells_under(FORM, {"代码": CODE, "日期": CODE}), "代码")
    assert looks_like_code(f" {CODE}\u200b")
    assert not looks_like_code("9150010")


def test_values_in_a_report_are_short_visible_and_can_be_stored() -> None:
    one = finding(GENERAL[0], "x", "\0\ud800" + "x" * 500)
    assert len(one.value) == 100
    assert one.value.startswith("⟨U+0000⟩⟨U+D800⟩xx")
    one.value.encode()
    assert visible("a\u3164b\nc") == "a⟨U+3164⟩b c"


def test_a_cell_that_must_hold_something_is_missing_or_invalid_with_what_is_expected() -> None:
    empty, wrong = (missing_or_invalid(cells_under(FORM, {"代码": text}), "代码", FORM) for text in ("", "x"))
    assert (empty.kind.code, wrong.kind.code) == ("cell_missing", "cell_invalid")
    assert "代码" in texts(wrong.kind, dict(wrong.details))["way_out_zh"]


def test_the_refusal_of_a_rule_is_a_finding_that_leaves_its_line_out() -> None:
    code = RefusalCode("no_way", 409, "超过 {kind}", "Above {kind}", "减少", "Lower it")
    one = from_refusal(Refusal(code, kind=5), "x", "y")
    assert is_refused([one])
    assert texts(one.kind, dict(one.details))["text_en"] == "Above 5"


@pytest.mark.parametrize("kind", GENERAL, ids=[kind.code for kind in GENERAL])
def test_every_general_finding_speaks_both_languages(kind: FindingKind) -> None:
    assert all((kind.text_zh, kind.way_out_zh, kind.text_en, kind.way_out_en))
    assert not any("\u4e00" <= mark <= "\u9fff" for mark in kind.text_en)
    assert "{" not in "".join(texts(kind, {}).values())
