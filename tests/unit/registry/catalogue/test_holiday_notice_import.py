"""A line of a list of holiday notices: days as offices write them are read whole or named, and read back."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.catalogue.rules.holiday_notice_import import FORM, days_in_words, read_days, read_line
from tests.support.listing import cells_under

TODAY = date(2026, 11, 28)
NOTICE = {
    "年份*": "2027",
    "文号*": "示例〔2026〕1号",
    "发布日期*": "2026年11月20日",
    "出处*": "https://www.gov.cn/example.htm",
    "放假日期*": "2027-01-01至2027-01-03；2027-05-01；2027-10-01至2027-10-07",
    "调休上班日期": "2027-10-09",
    "更正": "",
}


def days(text: str) -> list[str]:
    """Return the days of a cell of 2027, or the parts that are none."""
    found, wrong = read_days(cells_under(FORM, NOTICE | {"放假日期*": text}), "off_days", 2027)
    return [str(on) for on in found] if not wrong else [str(dict(one.details)["part"]) for one in wrong]


@pytest.mark.parametrize(
    "text",
    [
        "2027-01-01至2027-01-03",
        "2027-01-01..2027-01-03",
        "2027/1/1～2027/1/3",
        "2027.1.1—2027.1.3",
        "2027年1月1日到2027年1月3日",
        "２０２７年１月１日至３日",
        "2027年1月1日（周五）至3日（周日）",
        "1月1日至3日",
        "1月1日-3日",
        "1月1日至1月3日",
        "1月1日；1月2日；1月3日",
        "元旦：1月1日至3日",
        "20270101；20270102\n20270103",
        "2027-01-01；2027-01-02，2027-01-03；2027-01-03；",
        "2027-01-01 00:00:00；2027-01-02至2027-01-03",
        "\u200b2027-01-01 至 2027-01-03 ",
    ],
)
def test_days_are_read_as_offices_write_them(text: str) -> None:
    assert days(text) == ["2027-01-01", "2027-01-02", "2027-01-03"]


def test_a_span_over_the_turn_of_the_year_begins_in_the_december_before() -> None:
    assert days("12月31日至1月2日") == ["2026-12-31", "2027-01-01", "2027-01-02"]
    assert days("2026年12月31日至2027年1月2日") == ["2026-12-31", "2027-01-01", "2027-01-02"]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("2027-01-01；待定", "待定"),
        ("2027-01-03至2027-01-01", "2027-01-03至2027-01-01"),
        ("2027-01-01至2027-12-31", "2027-01-01至2027-12-31"),
        ("2027-02-30", "2027-02-30"),
        ("2027-W05-1", "2027-W05-1"),
        ("3日", "3日"),
        ("1月1日至3日至5日", "1月1日至3日至5日"),
        ("共8天", "共8天"),
    ],
)
def test_what_is_no_day_is_named_and_never_left_out(text: str, part: str) -> None:
    assert days(text) == [part]


@given(st.sets(st.dates(date(2026, 12, 1), date(2027, 12, 31)), max_size=60))
def test_days_that_are_written_are_read_back(some: set[date]) -> None:
    written = days_in_words(some)
    if written is None:
        assert some == set()
        return
    found, wrong = read_days(cells_under(FORM, NOTICE | {"放假日期*": written}), "off_days", 2027)
    assert (set(found), wrong) == (some, [])


def test_neighbours_are_one_span() -> None:
    week = [date(2027, 10, 1) + timedelta(days=step) for step in range(7)]
    assert days_in_words([*week, date(2027, 1, 1)]) == "2027-01-01；2027-10-01至2027-10-07"


def test_a_line_is_read_with_every_column() -> None:
    read = read_line(cells_under(FORM, NOTICE | {"更正": "是"}), TODAY)
    assert read.findings == ()
    assert read.value is not None
    assert (read.value.year, read.value.number, read.value.issued_on) == (2027, "示例〔2026〕1号", date(2026, 11, 20))
    assert (len(read.value.off_days), read.value.work_days, read.value.corrects) == (11, (date(2027, 10, 9),), True)


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("年份*", "", "cell_missing"),
        ("年份*", "二〇二七", "cell_invalid"),
        ("年份*", "99999", "cell_invalid"),
        ("文号*", "", "cell_missing"),
        ("文号*", "\u200b", "cell_invalid"),
        ("发布日期*", "11月20日", "date_invalid"),
        ("发布日期*", "", "cell_missing"),
        ("出处*", "", "cell_missing"),
        ("放假日期*", "", "cell_missing"),
        ("放假日期*", "待定", "days_unreadable"),
        ("调休上班日期", "周六", "days_unreadable"),
    ],
)
def test_a_cell_that_cannot_be_read_refuses_the_line_by_its_column(column: str, text: str, code: str) -> None:
    read = read_line(cells_under(FORM, NOTICE | {column: text}), TODAY)
    assert read.value is None
    assert {(one.column, one.kind.code) for one in read.findings} == {(column, code)}
