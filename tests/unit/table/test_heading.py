"""The heading of a list is found where it stands and says what it says in any office's dress."""

import pytest

from shared.table.column import ColumnKind, ListForm, TableColumn
from shared.table.heading import find_heading, folded, heading_unknown, match

FORM = ListForm(
    "tests",
    "import_tests",
    "测试清单",
    "Test list",
    (
        TableColumn("name", "企业名称", "name", "名称", "a name", "示例", required=True, names=("名称",)),
        TableColumn("uscc", "统一社会信用代码", "code", "代码", "a code", "1", ColumnKind.CODE, required=True),
        TableColumn("revenue_fen", "营业收入", "revenue", "金额", "an amount", "1元", ColumnKind.AMOUNT),
    ),
    "uscc",
)


@pytest.mark.parametrize(
    "heading",
    [
        ["企业名称", "统一社会信用代码"],
        ["企业名称*", "统一社会信用代码＊"],
        ["企业 名称", "统一社会信用代码\u200b"],
        ["企业名称（必填）", "统一社会信用代码(18位)"],
        ["企业名称 name", "统一社会信用代码 code"],
        ["企业名称\n(全称)", "统一社会\n信用代码"],
        ["名称:", "USCC"],
        ["NAME", "code"],
    ],
)
def test_a_heading_is_known_with_stars_notes_breaks_and_english_beside_it(heading: list[str]) -> None:
    assert dict(match(heading, FORM).fields) == {"name": 0, "uscc": 1}


@pytest.mark.parametrize(
    ("heading", "scale"),
    [
        ("营业收入", None),
        ("营业收入（万元）", 1_000_000),
        ("营业收入(单位：人民币万元)", 1_000_000),
        ("营业收入（元）", 100),
        ("营业收入 (亿元)", 10_000_000_000),
        ("营业收入（分） revenue in fen", 1),
        ("营业收入万元", 1_000_000),
        ("revenue_fen", 1),
        ("revenue_yuan", 100),
        ("revenue_wan", 1_000_000),
        ("revenue", None),
    ],
)
def test_a_heading_says_the_unit_of_its_amounts(heading: str, scale: int | None) -> None:
    found = match(["企业名称", heading], FORM)
    assert found.fields["revenue_fen"] == 1
    assert found.scales.get("revenue_fen") == scale


@pytest.mark.parametrize(
    "above", [[], [["企业清单"]], [["企业清单", "", ""], ["单位：市局", "2026年"]], [["说明", "名称", "x"]] * 9]
)
def test_the_heading_stands_below_titles_within_the_first_ten_rows(above: list[list[str]]) -> None:
    found = find_heading([*above, ["企业名称", "统一社会信用代码"], ["甲", "1"]], FORM)
    assert found is not None
    assert found[0] == len(above)


def test_no_heading_is_looked_for_beyond_the_tenth_row() -> None:
    assert find_heading([*[["标题"]] * 10, ["企业名称", "统一社会信用代码"]], FORM) is None


def test_what_is_missing_and_what_was_found_is_named() -> None:
    refusal = heading_unknown([["企业清单"], ["企业名称", "联系人"], ["甲", "乙"]], FORM)
    assert refusal.details == {
        "expected": "企业名称、统一社会信用代码",
        "missing": "统一社会信用代码",
        "found": "企业名称、联系人",
    }
    page = heading_unknown([["<html>"]], FORM, page=True)
    assert "HTML" in str(page.details["found"])
    assert page.details["missing"] == "企业名称、统一社会信用代码"


def test_columns_that_are_not_read_and_columns_that_say_the_same_are_told() -> None:
    found = match(["名称", "企业名称", "统一社会信用代码", "经营范围", "", "备注", ""], FORM)
    assert found.fields["name"] == 1
    assert found.doubled == (("名称", "企业名称"),)
    assert found.unread == ("经营范围", "（第5列 / column 5）", "备注")
    assert found.width == 6


def test_a_folded_heading_has_neither_width_nor_case_nor_marks() -> None:
    assert folded(" Ｎame＊:\u200b") == "name"
